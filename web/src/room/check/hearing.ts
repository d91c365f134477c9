/** Whether a room's microphone hears the test sound out of its own loudspeaker. Pure. */

/** Two notes in turn: one alone may be the hum of something in the room. */
export const NOTES_HZ = [880, 1_320] as const;

/** Loudness by frequency, in dB, as an AnalyserNode gives it. */
export type Spectrum = Float32Array;

const LOUDER_DB = 12;
/** Of looks at each note, some 100 ms apart. */
const LEAST_LOOKS = 3;
const NEAR_BINS = 2;
const BESIDE_BINS = 12;

/** Whether both notes stand out, from before and from what is beside them. */
export function isHeard(
  before: readonly Spectrum[],
  since: readonly Spectrum[],
  hertzPerBin: number,
): boolean {
  return NOTES_HZ.every((hertz) => {
    const bin = Math.round(hertz / hertzPerBin);
    const usual = Math.max(-Infinity, ...before.map((spectrum) => loudest(spectrum, bin)));
    const standing = since.filter((spectrum) => {
      const loud = loudest(spectrum, bin);
      return loud >= usual + LOUDER_DB && loud >= beside(spectrum, bin) + LOUDER_DB;
    });
    return standing.length >= LEAST_LOOKS;
  });
}

function loudest(spectrum: Spectrum, bin: number): number {
  return Math.max(...spectrum.slice(Math.max(0, bin - NEAR_BINS), bin + NEAR_BINS + 1));
}

/** Loudness in the middle of what lies beside a note. */
function beside(spectrum: Spectrum, bin: number): number {
  const below = spectrum.slice(Math.max(0, bin - BESIDE_BINS), Math.max(0, bin - NEAR_BINS));
  const above = spectrum.slice(bin + NEAR_BINS + 1, bin + BESIDE_BINS + 1);
  const sorted = [...below, ...above].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? -Infinity;
}
