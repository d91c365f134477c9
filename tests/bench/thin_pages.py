"""What the pages of `thinlink.py` run: the observer beside every player, the lead, bare players.

All players mark their elements with `data-slot` as the room page does, so one observer sees them
all. Nothing here is newer than Chrome 80.
"""

OBSERVE = """
window.bench = {
  connections: [], ticks: [], pictures: [], marks: [], spoken: [], board: [], behind: [],
  firsts: {}, gone: {},
  video: null, heard: null, mine: null, shown: '', hasVoice: false, decoded: 0,
  VOICE: ['timestamp', 'totalSamplesReceived', 'concealedSamples', 'silentConcealedSamples',
    'insertedSamplesForDeceleration', 'removedSamplesForAcceleration', 'jitterBufferDelay',
    'jitterBufferEmittedCount', 'packetsReceived', 'packetsLost', 'packetsDiscarded',
    'bytesReceived', 'headerBytesReceived', 'nackCount', 'retransmittedPacketsReceived',
    'fecPacketsReceived', 'fecPacketsDiscarded'],
  PICTURE: ['timestamp', 'framesDecoded', 'framesDropped', 'frameHeight', 'freezeCount',
    'totalFreezesDuration', 'keyFramesDecoded', 'packetsReceived', 'packetsLost', 'nackCount',
    'pliCount', 'bytesReceived', 'headerBytesReceived', 'retransmittedBytesReceived',
    'jitterBufferDelay', 'jitterBufferEmittedCount'],
  track(slot, kind) {
    const named = '[data-slot="' + slot + '"]';
    const element = document.querySelector(kind + named) || document.querySelector(named);
    const stream = element && element.srcObject;
    return stream ? stream.getTracks().filter(t => t.kind === kind)[0] : undefined;
  },
  async counters(track, names) {
    if (!track) return null;
    for (const connection of this.connections)
      for (const receiver of connection.getReceivers())
        if (receiver.track && receiver.track.id === track.id)
          return this.summed(track.id, names, (await this.within(receiver.getStats())).values());
    return null;
  },
  within(stats) {  // Firefox never answers for a connection that is closed meanwhile
    const empty = new Promise(done => setTimeout(() => done(new Map()), 2000));
    return Promise.race([stats, empty]);
  },
  summed(id, names, reports) {  // Chrome 80 tells half of them of the track
    const found = {id};
    let isThere = false;
    for (const s of reports) {
      if (s.type !== 'inbound-rtp' && s.type !== 'track') continue;
      isThere = isThere || s.type === 'inbound-rtp';
      for (const name of names) if (s[name] !== undefined) found[name] = s[name];
    }
    for (const name of names) found[name] = found[name] || 0;
    return isThere ? found : null;
  },
  async tick() {
    const voice = this.track(this.voiceSlot, 'audio'), picture = this.track(this.slot, 'video');
    if (voice && voice !== this.heard) this.listen(this.heard = voice, this.marks);
    this.watch();
    const sample = {at: Date.now()};
    sample.voice = await this.counters(voice, this.VOICE);
    sample.picture = await this.counters(picture, this.PICTURE);
    if (performance.memory) sample.heap = performance.memory.usedJSHeapSize;
    if (sample.voice && sample.voice.packetsReceived) this.hasVoice = true;
    this.watchOld(sample.picture);
    this.ticks.push(sample);
  },
  watch() {  // each picture as it is shown: when, how high, how many before
    const video = document.querySelector('video[data-slot="' + this.slot + '"]');
    if (!video || video === this.video || !video.requestVideoFrameCallback) return;
    this.video = video;
    const shown = (now, about) => {
      this.pictures.push([Date.now(), about.height, about.presentedFrames]);
      if (video === this.video) video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  },
  watchOld(picture) {  // Chrome 80 does not tell of each picture
    const isTold = 'requestVideoFrameCallback' in HTMLVideoElement.prototype;
    if (isTold || !picture || picture.framesDecoded === this.decoded) return;
    this.decoded = picture.framesDecoded;
    this.pictures.push([Date.now(), picture.frameHeight, picture.framesDecoded]);
  },
  look() {  // the board as it stands, and when each of the page's states was first there
    const paper = document.querySelector('.paper');
    const ink = paper && paper.querySelector('canvas.ink');
    const board = [paper ? paper.dataset.slide : '', paper ? paper.dataset.picture : 'none',
      ink ? Number(ink.dataset.strokes) : 0];
    if (this.shown !== String(board)) this.board.push([Date.now(), ...board]);
    this.shown = String(board);
    const late = document.querySelector('[data-behind]');
    if (late) this.behind.push([Date.now(), 1000 * Number(late.dataset.behind)]);
    for (const name of Object.keys(this.STATES)) {
      const isThere = document.querySelector(this.STATES[name]) !== null;
      if (isThere && !(name in this.firsts)) this.firsts[name] = Date.now();
      if (isThere) delete this.gone[name];
      else if (name in this.firsts && !(name in this.gone)) this.gone[name] = Date.now();
    }
  },
  STATES: {polled: '[data-events=polled]', tcp: '[data-way=tcp]', catching_up: '[data-behind]'},
  listen(track, marks) {  // when each mark of the clip is heard
    let last = 0;
    const audio = this.audio = this.audio || new AudioContext();
    const source = audio.createMediaStreamSource(new MediaStream([track]));
    const block = audio.createScriptProcessor(512, 1, 1);
    const turn = 2 * Math.cos(2 * Math.PI * MARK_HERTZ / audio.sampleRate);
    block.onaudioprocess = event => {
      const samples = event.inputBuffer.getChannelData(0); let a = 0, b = 0, power = 0;
      for (const x of samples) { const c = x + turn * a - b; b = a; a = c; power += x * x; }
      const tone = 2 * (a * a + b * b - turn * a * b) / samples.length;
      const now = Date.now();
      if (power > 1 && tone > 0.5 * power && now - last > 1000) { marks.push(now); last = now; }
    };
    source.connect(block); block.connect(audio.destination); audio.resume();
  },
  start(slot, voiceSlot) {
    this.slot = slot; this.voiceSlot = voiceSlot;
    if (this.looks) return;
    let busy = false;
    this.looks = setInterval(async () => {
      if (busy) return;
      busy = true; try { await this.tick(); } finally { busy = false; }
    }, 200);
  },
  report() {  // what was seen since the last report
    const told = {origin: performance.timeOrigin, firsts: this.firsts, gone: this.gone,
      words: document.body ? document.body.innerText : ''};
    for (const name of ['ticks', 'pictures', 'marks', 'spoken', 'board', 'behind'])
      told[name] = this[name].splice(0);
    return told;
  },
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.bench.connections.push(this); }
};
if (navigator.mediaDevices) {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async wanted => bench.mine = await ask(wanted);
}
new MutationObserver(() => bench.look()).observe(document, {subtree: true, childList: true,
  attributes: true, attributeFilter: ['data-slide', 'data-picture', 'data-strokes', 'data-events',
    'data-way', 'data-behind']});
if (self === top) window.bench.start('lead', 'lead-voice');
"""

TOOLS = """
window.gathered = async pc => {
  while (pc.iceGatheringState !== 'complete')
    await new Promise(done => { pc.onicegatheringstatechange = done; });
  return pc.localDescription.sdp;
};
window.show = (pc, names) => { pc.ontrack = e => {
  const element = document.createElement(e.track.kind);
  element.dataset.slot = names[e.track.kind]; element.autoplay = true;
  element.muted = e.track.kind === 'video'; element.srcObject = new MediaStream([e.track]);
  document.body.append(element); element.play();
}; };
window.atDoor = async (pc, path, grant) => {
  await pc.setLocalDescription();
  const headers = {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + grant};
  const answer = await fetch(path, {method: 'POST', headers, body: await gathered(pc)});
  if (!answer.ok) throw new Error(await answer.text());
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
};
window.janus = async url => {
  const socket = new WebSocket(url, 'janus-protocol'), waiting = new Map(), base = {};
  await new Promise((done, failed) => { socket.onopen = done; socket.onerror = failed; });
  let last = 0;
  socket.onmessage = event => {
    const message = JSON.parse(event.data), done = waiting.get(message.transaction);
    if (done && message.janus !== 'ack') { waiting.delete(message.transaction); done(message); }
  };
  const ask = more => new Promise(done => {
    const transaction = String(++last); waiting.set(transaction, done);
    socket.send(JSON.stringify(Object.assign({transaction}, base, more)));
  });
  base.session_id = (await ask({janus: 'create'})).data.id;
  base.handle_id = (await ask({janus: 'attach', plugin: 'janus.plugin.videoroom'})).data.id;
  setInterval(() => ask({janus: 'keepalive'}), 25000);
  return (body, jsep) => ask(Object.assign({janus: 'message', body}, jsep && {jsep}));
};
"""

LEAD = """
window.teacher = async () => {
  if (window.stream) return window.stream;
  const voice = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
  window.stream = await navigator.mediaDevices.getUserMedia(
    {audio: voice, video: {width: 960, height: 540, frameRate: 15}});
  bench.listen(window.stream.getAudioTracks()[0], bench.marks);
  return window.stream;
};
window.speaker = async encodings => {
  const stream = await teacher(), pc = window.pc = new RTCPeerConnection();
  const streams = [stream];
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams});
  const video = pc.addTransceiver(stream.getVideoTracks()[0],
    {direction: 'sendonly', streams, sendEncodings: encodings});
  const isWanted = c => /rtx/.test(c.mimeType) || /packetization-mode=1/.test(c.sdpFmtpLine);
  video.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(isWanted));
  return pc;
};
window.teachHere = async ([path, grant, encodings]) =>
  atDoor(await speaker(encodings), path, grant);
window.teachJanus = async ([url, room, encodings]) => {
  const ask = await janus(url), pc = await speaker(encodings);
  await ask({request: 'join', ptype: 'publisher', room, id: 1});
  await pc.setLocalDescription();
  const answer = await ask({request: 'publish', audio: true, video: true},
    {type: 'offer', sdp: await gathered(pc)});
  await pc.setRemoteDescription(answer.jsep);
};
"""

BARE_WHEP = """
window.watchHere = async ([path, grant]) => {
  const pc = new RTCPeerConnection();
  show(pc, {audio: 'lead-voice', video: 'lead'});
  for (const kind of ['audio', 'video']) pc.addTransceiver(kind, {direction: 'recvonly'});
  await atDoor(pc, path, grant);
};
"""

BARE_JANUS = """
window.watchJanus = async ([url, room, substream]) => {
  const ask = await janus(url), pc = new RTCPeerConnection();
  show(pc, {audio: 'lead-voice', video: 'lead'});
  const offer = await ask({request: 'join', ptype: 'subscriber', room, streams: [{feed: 1}]});
  await pc.setRemoteDescription(offer.jsep);
  await pc.setLocalDescription();
  await ask({request: 'start'}, {type: 'answer', sdp: await gathered(pc)});
  if (substream !== null) await ask({request: 'configure', streams: [{mid: '1', substream}]});
};
"""
