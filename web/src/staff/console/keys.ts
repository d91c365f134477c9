/** What one key means in the console. Pure. */

export type KeyMeaning =
  | { does: 'call'; place: number }
  | { does: 'return' | 'microphone' | 'camera' | 'write' | 'region' }
  | null;

export interface KeyPress {
  key: string;
  hasModifier: boolean;
  /** The focus is in a text field, where letters are letters. */
  isTyping: boolean;
}

const LETTERS: Record<string, 'microphone' | 'camera' | 'write'> = {
  m: 'microphone',
  c: 'camera',
  '/': 'write',
};

/** Single keys can be switched off (`areLettersOn`); Escape and F6 always work. */
export function keyMeaning(press: KeyPress, areLettersOn: boolean): KeyMeaning {
  if (press.hasModifier) return null;
  if (press.key === 'F6') return { does: 'region' };
  if (press.isTyping) return null;
  if (press.key === 'Escape') return { does: 'return' };
  if (!areLettersOn) return null;
  if (/^[1-9]$/.test(press.key)) return { does: 'call', place: Number(press.key) };
  const does = LETTERS[press.key.toLowerCase()];
  return does ? { does } : null;
}

/** The press as data; `target` is where the focus is. */
export function pressOf(event: KeyboardEvent): KeyPress {
  const target = event.target;
  const isTyping =
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
  return { key: event.key, hasModifier: event.ctrlKey || event.metaKey || event.altKey, isTyping };
}
