import { describe, expect, test } from 'vitest';
import { keyMeaning } from '../../src/staff/console/keys';
import { playerKey } from '../../src/staff/player/keys';

const plain = { hasModifier: false, isTyping: false };

describe('keys of the console', () => {
  test.each([
    ['1', { does: 'call', place: 1 }],
    ['9', { does: 'call', place: 9 }],
    ['0', null],
    ['m', { does: 'microphone' }],
    ['C', { does: 'camera' }],
    ['/', { does: 'write' }],
    ['Escape', { does: 'return' }],
    ['F6', { does: 'region' }],
    ['PageDown', { does: 'next' }],
    ['ArrowLeft', { does: 'previous' }],
    ['p', { does: 'tool', tool: 'pen' }],
    ['b', { does: 'blank' }],
    ['x', null],
  ])('%s', (key, meaning) => {
    expect(keyMeaning({ key, ...plain }, true)).toEqual(meaning);
  });

  test('letters are letters while typing, and with a modifier', () => {
    for (const key of ['1', 'm', '/', 'Escape']) {
      expect(keyMeaning({ key, hasModifier: false, isTyping: true }, true)).toBeNull();
      expect(keyMeaning({ key, hasModifier: true, isTyping: false }, true)).toBeNull();
    }
  });

  test('with Shift a digit puts a camera on air, whatever sign the keyboard makes of it', () => {
    const press = { key: '!', ...plain };
    expect(keyMeaning({ ...press, shiftedDigit: 1 }, true)).toEqual({ does: 'program', place: 1 });
    expect(keyMeaning({ key: '4', ...plain, shiftedDigit: 4 }, true)).toEqual({
      does: 'program',
      place: 4,
    });
    expect(keyMeaning({ ...press, shiftedDigit: 5 }, true)).toBeNull();
    expect(keyMeaning({ ...press, shiftedDigit: 1 }, false)).toBeNull();
    expect(keyMeaning({ ...press, isTyping: true, shiftedDigit: 1 }, true)).toBeNull();
  });

  test('undo is Ctrl Z, but not in a text', () => {
    const press = { key: 'z', hasModifier: true, isCommand: true };
    expect(keyMeaning({ ...press, isTyping: false }, false)).toEqual({ does: 'undo' });
    expect(keyMeaning({ ...press, isTyping: true }, true)).toBeNull();
    expect(keyMeaning({ ...press, isCommand: false, isTyping: false }, true)).toBeNull();
  });

  test('single keys can be switched off; Escape and F6 stay', () => {
    expect(keyMeaning({ key: '1', ...plain }, false)).toBeNull();
    expect(keyMeaning({ key: 'Escape', ...plain }, false)).toEqual({ does: 'return' });
    expect(keyMeaning({ key: 'F6', ...plain }, false)).toEqual({ does: 'region' });
  });
});

describe('keys of the player', () => {
  const press = { ...plain, isOnControl: false };

  test.each([
    [' ', { does: 'toggle' }],
    ['J', { does: 'skip', byMs: -10_000 }],
    ['l', { does: 'skip', byMs: 10_000 }],
    [',', { does: 'frame', byMs: -40 }],
    ['.', { does: 'frame', byMs: 40 }],
    ['n', { does: 'note' }],
    ['q', null],
  ])('%j', (key, meaning) => {
    expect(playerKey({ key, ...press })).toEqual(meaning);
  });

  test('Space on a button presses the button', () => {
    expect(playerKey({ key: ' ', ...press, isOnControl: true })).toBeNull();
    expect(playerKey({ key: 'l', ...press, isOnControl: true })).not.toBeNull();
  });
});
