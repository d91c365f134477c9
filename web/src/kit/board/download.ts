import { fetchWithin } from '../api';
import type { SlideFile } from '../protocol/schema';

const PIECE_WITHIN_MS = 30_000;

/** A slide file on its way: fetched piece by piece, so that a break costs one piece at most. */
export class Download {
  #pieces: Blob[] = [];
  #bytes = 0;

  constructor(
    readonly file: SlideFile,
    private readonly grant: () => string | undefined,
  ) {}

  /** Fetches the next piece; the whole checked file when that was the last, else null. */
  async next(pieceBytes: number): Promise<Blob | null> {
    const last = Math.min(this.#bytes + pieceBytes, this.file.bytes) - 1;
    const headers: Record<string, string> = { Range: `bytes=${this.#bytes}-${last}` };
    const grant = this.grant();
    if (grant !== undefined) headers['Authorization'] = `Bearer ${grant}`;
    const asked: RequestInit & { priority: 'low' } = {
      headers,
      priority: 'low',
      cache: 'no-store',
    };
    const answer = await fetchWithin(this.file.url, asked, PIECE_WITHIN_MS);
    if (answer.status === 200 || answer.status === 416) this.#restart();
    if (!answer.ok) throw new Error(`${this.file.url}: ${answer.status}`);
    const piece = await answer.blob();
    this.#pieces.push(piece);
    this.#bytes += piece.size;
    if (this.#bytes < this.file.bytes) return null;
    return this.#checked();
  }

  async #checked(): Promise<Blob> {
    const whole = new Blob(this.#pieces, { type: 'image/webp' });
    this.#restart();
    if (!(await isGenuine(whole, this.file.sha256))) throw new Error(`${this.file.url}: damaged`);
    return whole;
  }

  #restart(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }
}

/** Whether it has that checksum; without a secure context nobody can tell, and TCP's must do. */
export async function isGenuine(file: Blob, sha256: string): Promise<boolean> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return true;
  const digest = await subtle.digest('SHA-256', await new Response(file).arrayBuffer());
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0'));
  return hex.join('') === sha256;
}
