// Put into a page before its scripts: answers /whep and /whip inside the page with a second
// RTCPeerConnection that sends drawn pictures and a tone, so that live states can be looked at
// without a relay. `mockRelay.stop('picture')` and `.cut()` make trouble.
(() => {
  const realFetch = window.fetch;
  const drawn = {
    picture: ['#2E6F61', '林老师', 720, 960],
    screen: ['#FDFBF5', '长方形的面积', 1280, 720],
    stagePicture: ['#5B7DA0', '河口小学', 640, 360],
  };
  const peers = [];
  const mockRelay = { cut: () => peers.forEach((pc) => pc.close()), isDown: false };
  window.mockRelay = mockRelay;

  function canvasTrack([color, text, width, height]) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const pen = canvas.getContext('2d');
    let n = 0;
    setInterval(() => {
      pen.fillStyle = color;
      pen.fillRect(0, 0, width, height);
      pen.fillStyle = color === '#FDFBF5' ? '#16231F' : '#fff';
      pen.font = `700 ${height / 10}px sans-serif`;
      pen.fillText(text, width * 0.08, height * 0.2);
      pen.fillRect((n++ * 9) % width, height * 0.8, width / 12, height / 16);
    }, 60);
    return canvas.captureStream(15).getVideoTracks()[0];
  }

  function toneTrack() {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const out = context.createMediaStreamDestination();
    tone.frequency.value = 440;
    tone.connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  }

  async function answer(sdp, isWhep) {
    const pc = new RTCPeerConnection();
    peers.push(pc);
    await pc.setRemoteDescription({ type: 'offer', sdp });
    const order = { audio: ['voice'], video: ['picture', 'screen', 'stagePicture'] };
    if (isWhep)
      for (const transceiver of pc.getTransceivers()) {
        const name = order[transceiver.receiver.track.kind].shift();
        transceiver.direction = name ? 'sendonly' : 'inactive';
        if (name)
          await transceiver.sender.replaceTrack(
            name === 'voice' ? toneTrack() : canvasTrack(drawn[name]),
          );
      }
    await pc.setLocalDescription(await pc.createAnswer());
    await new Promise((resolve) => {
      if (pc.iceGatheringState === 'complete') resolve();
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    });
    return new Response(pc.localDescription.sdp, {
      status: 201,
      headers: { Location: '/whep/sessions/mock' },
    });
  }

  window.fetch = (input, init = {}) => {
    const path = String(input);
    if (!/^\/wh[ei]p\//.test(path)) return realFetch(input, init);
    if (mockRelay.isDown) return Promise.reject(new TypeError('mock: no network'));
    if (init.method === 'POST') return answer(init.body, path.startsWith('/whep'));
    return Promise.resolve(new Response('', { status: init.method === 'PATCH' ? 404 : 200 }));
  };
})();
