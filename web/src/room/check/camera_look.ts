import { pause } from './ears';
import { seenIn, type PartName, type Pixels } from './seeing';

const WIDTH = 64;
const HEIGHT = 36;
const LOOKS = 4;
const LOOK_EVERY_MS = 400;
const OPENS_WITHIN_MS = 4_000;

/** Looks at a camera's picture for a moment. */
export async function lookAt(track: MediaStreamTrack): Promise<PartName> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  const paper = smallPaper();
  if (paper === null) return 'failed';
  await Promise.race([video.play().catch(() => undefined), pause(OPENS_WITHIN_MS)]);
  const looks: Pixels[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await pause(LOOK_EVERY_MS);
    if (video.videoWidth === 0) continue;
    paper.drawImage(video, 0, 0, WIDTH, HEIGHT);
    looks.push(paper.getImageData(0, 0, WIDTH, HEIGHT).data);
  }
  video.srcObject = null;
  return looks.length === 0 ? 'black' : seenIn(looks);
}

function smallPaper(): CanvasRenderingContext2D | null {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  return canvas.getContext('2d');
}
