import { expect, it } from 'vitest';
import { actionOf } from '../../src/room/keys';
import { stripOf, type StripFacts } from '../../src/room/strip';

const QUIET: StripFacts = {
  notice: { kind: 'none' },
  isSoundRefused: false,
  isCalled: false,
  hasFailed: false,
  isStageFailing: false,
  isMutedByTeacher: false,
  isMicOff: false,
  sendLevel: 'all',
  hasSlides: true,
  isScreenOld: false,
  isRecorded: true,
  cannotShowPicture: false,
  handPlace: null,
};
const LOST = { kind: 'lost', sinceMs: 0 } as const;

it.each([
  ['good is quiet', {}, 'none', 'quiet', null],
  [
    'a refused sound comes first',
    { isSoundRefused: true, notice: LOST },
    'sound',
    'ask',
    'sound.refused.how',
  ],
  ['then a call', { isCalled: true, notice: LOST }, 'call', 'ask', 'stage.call.how'],
  ['then a lost link', { notice: LOST, handPlace: 1 }, 'lost', 'bad', 'link.lost.safe'],
  [
    'which promises no replay unrecorded',
    { notice: LOST, isRecorded: false },
    'lost',
    'bad',
    'link.lost',
  ],
  [
    'our mic before a slow link',
    { isMicOff: true, notice: { kind: 'audio', heldBy: 'link' } },
    'stage',
    'info',
    null,
  ],
  [
    'a slow link',
    { notice: { kind: 'lifeline', heldBy: 'link' } },
    'lifeline',
    'warn',
    'link.life',
  ],
  [
    'a setting is no warning',
    { notice: { kind: 'audio', heldBy: 'setting' } },
    'audio',
    'info',
    'link.audio.set',
  ],
  [
    'an old page of a shared screen',
    { isScreenOld: true, notice: { kind: 'audio', heldBy: 'setting' } },
    'paused',
    'info',
    'link.paused.set',
  ],
  [
    'a screen that waits',
    { notice: { kind: 'screen', heldBy: 'server' } },
    'screen',
    'warn',
    'link.screen.server',
  ],
  [
    'a picture that this browser never could show',
    { notice: { kind: 'audio', heldBy: 'link' }, cannotShowPicture: true },
    'codec',
    'warn',
    'link.codec',
  ],
  [
    'on a thin uplink that we are heard',
    { sendLevel: 'still' },
    'stage',
    'info',
    'stage.thin.still',
  ],
  ['and of a few pictures a second', { sendLevel: 'few' }, 'stage', 'info', 'stage.thin.few'],
  ['our hand last', { handPlace: 2 }, 'hand', 'info', null],
] as const)('%s', (_name, some, kind, tone, text) => {
  expect(stripOf({ ...QUIET, ...some })).toMatchObject({ kind, tone, text });
});

// Never a word of slides where none is shown, or an old page stands still.
it.each([
  ['lifeline', true, false, 'link.life.title', 'link.life'],
  ['lifeline', false, false, 'link.codec.title', 'link.life'],
  ['lifeline', true, true, 'link.paused.title', 'link.life'],
  ['audio', true, false, 'link.life.title', 'link.audio'],
  ['audio', false, false, 'link.codec.title', 'link.audio'],
  ['audio', true, true, 'link.paused.title', 'link.paused'],
  ['screen', true, true, 'link.screen.title', 'link.screen'],
  ['voice', true, false, 'link.voice.title', 'link.voice'],
  ['voice', true, true, 'link.paused.title', 'link.paused'],
] as const)('%s, slides %s, an old page %s: %s', (kind, hasSlides, isScreenOld, title, text) => {
  const notice = { kind, heldBy: 'link' } as const;
  expect(stripOf({ ...QUIET, notice, hasSlides, isScreenOld })).toMatchObject({ title, text });
});

const KEY = { ctrlKey: false, altKey: false, metaKey: false, repeat: false };

it.each([
  ['H', {}, 'hand'],
  ['h', { repeat: true }, null],
  ['+', { repeat: true }, 'louder'],
  ['f', { ctrlKey: true }, null],
  ['Enter', {}, 'confirm'],
  ['x', {}, null],
])('key %s', (key, some, expected) => {
  expect(actionOf({ ...KEY, key, ...some })).toBe(expected);
});
