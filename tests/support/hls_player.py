"""hls.js as the watch page uses it (its light build), in any browser whose page can evaluate."""

from pathlib import Path

HLS_JS = Path(__file__).parents[2] / "web" / "node_modules" / "hls.js" / "dist" / "hls.light.min.js"

PLAYER = r"""
window.startPlaying = url => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const hls = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5, enableWorker: false });
  const told = { fatal: [], dates: {}, behind: [] };
  hls.on(Hls.Events.ERROR, (event, data) => {
    if (data.fatal) told.fatal.push(data.details);
  });
  hls.on(Hls.Events.LEVEL_UPDATED, (event, { details }) => { told.dates = details.dateRanges; });
  hls.loadSource(url);
  hls.attachMedia(video);
  video.play().catch(error => told.fatal.push(String(error)));
  setInterval(() => {
    if (hls.playingDate) told.behind.push(Date.now() - hls.playingDate.getTime());
  }, 200);
  window.playing = () => {
    const last = told.behind.slice(-15).sort((a, b) => a - b);
    return {
      at: video.currentTime,
      width: video.videoWidth,
      sound: video.webkitAudioDecodedByteCount,
      frames: video.webkitDecodedFrameCount,
      behind: last[last.length >> 1],
      fatal: told.fatal,
      dates: Object.values(told.dates).map(one => one.class),
      levels: hls.levels.map(one => one.attrs.CODECS),
    };
  };
};
"""


def script() -> str:
    """All that a page must have evaluated before `startPlaying(url)` and `playing()`."""
    return HLS_JS.read_text("utf-8") + ";\n" + PLAYER + ";true"
