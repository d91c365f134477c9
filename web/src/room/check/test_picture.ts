const WIDTH = 640;
const HEIGHT = 360;
const FPS = 15;
const TILE = 20;

/**
 * A picture that is new in every part each time, so that an encoder sends as much as it is allowed.
 * The room's own picture never leaves the room for a check.
 */
export class TestPicture {
  readonly track: MediaStreamTrack | null;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    const paper = canvas.getContext('2d');
    this.track = canvas.captureStream(FPS).getVideoTracks()[0] ?? null;
    this.#timer = setInterval(() => paper && draw(paper), 1_000 / FPS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.track?.stop();
  }
}

function draw(paper: CanvasRenderingContext2D): void {
  for (let x = 0; x < WIDTH; x += TILE)
    for (let y = 0; y < HEIGHT; y += TILE) {
      paper.fillStyle = `hsl(${Math.round(Math.random() * 360)}, 60%, 50%)`;
      paper.fillRect(x, y, TILE, TILE);
    }
}
