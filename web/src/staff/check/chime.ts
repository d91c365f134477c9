/** Two soft notes through the default loudspeaker: the test sound. */
const NOTES_HZ = [660, 520];
const NOTE_S = 0.45;
const LOUDNESS = 0.3;

/** Resolves when the sound is over. */
export async function playChime(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  NOTES_HZ.forEach((frequency, index) => {
    const startS = context.currentTime + index * NOTE_S * 0.8;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, startS);
    gain.gain.linearRampToValueAtTime(LOUDNESS, startS + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, startS + NOTE_S);
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain).connect(context.destination);
    tone.start(startS);
    tone.stop(startS + NOTE_S);
  });
  await new Promise((resolve) => setTimeout(resolve, NOTES_HZ.length * NOTE_S * 1000));
  await context.close();
}
