/** What one key means in the console. Pure. */

export type KeyMeaning =
  | { does: 'call'; place: number }
  | { does: 'program'; place: number }
  | { does: 'tool'; tool: BoardTool }
  | { does: 'return' | 'microphone' | 'camera' | 'write' | 'region' }
  | { does: 'next' | 'previous' | 'undo' | 'blank' }
  | null;

import type { BoardTool } from './tools';

export interface KeyPress {
  key: string;
  hasModifier: boolean;
  /** With Shift: the number of the key itself, whatever sign it then types; 0: another key. */
  shiftedDigit?: number;
  /** Ctrl, or the command key, and no other. */
  isCommand?: boolean;
  /** The focus is in a text field, where letters are letters. */
  isTyping: boolean;
}

const LETTERS: Record<string, 'microphone' | 'camera' | 'write' | 'blank'> = {
  m: 'microphone',
  c: 'camera',
  '/': 'write',
  b: 'blank',
};
const TOOL_LETTERS: Record<string, BoardTool> = {
  l: 'laser',
  p: 'pen',
  h: 'highlighter',
  e: 'eraser',
  s: 'line',
  t: 'text',
};
const PAGES: Record<string, 'next' | 'previous'> = {
  PageDown: 'next',
  ArrowRight: 'next',
  PageUp: 'previous',
  ArrowLeft: 'previous',
};

/** Single keys can be switched off (`areLettersOn`); Escape, F6, undo and pages always work. */
export function keyMeaning(press: KeyPress, areLettersOn: boolean): KeyMeaning {
  if (press.isCommand && press.key.toLowerCase() === 'z' && !press.isTyping)
    return { does: 'undo' };
  if (press.hasModifier) return null;
  if (press.key === 'F6') return { does: 'region' };
  if (press.isTyping) return null;
  if (press.key === 'Escape') return { does: 'return' };
  const page = PAGES[press.key];
  if (page) return { does: page };
  if (!areLettersOn) return null;
  if (press.shiftedDigit)
    return press.shiftedDigit <= 4 ? { does: 'program', place: press.shiftedDigit } : null;
  if (/^[1-9]$/.test(press.key)) return { does: 'call', place: Number(press.key) };
  const tool = TOOL_LETTERS[press.key.toLowerCase()];
  if (tool) return { does: 'tool', tool };
  const does = LETTERS[press.key.toLowerCase()];
  return does ? { does } : null;
}

/** The press as data; `target` is where the focus is. */
export function pressOf(event: KeyboardEvent): KeyPress {
  const target = event.target;
  const isTyping =
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
  const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
  const digit = /^Digit([1-9])$/.exec(event.code);
  const shiftedDigit = event.shiftKey && digit ? Number(digit[1]) : 0;
  return { key: event.key, hasModifier, isCommand, isTyping, shiftedDigit };
}
