import type { RoomKey } from './messages';
import type { Notice } from './notice';
import type { SendLevel } from '$rtc/send_ladder';
import type { HeldBy, Quality } from './quality';

/** What the strip says: the most pressing thing only. */
export interface Strip {
  kind:
    | 'none'
    | 'sound'
    | 'call'
    | 'failed'
    | 'stage'
    | 'hand'
    | 'codec'
    | 'paused'
    | Exclude<Notice['kind'], 'none'>;
  tone: 'quiet' | 'info' | 'warn' | 'bad' | 'ask';
  title: RoomKey;
  text: RoomKey | null;
  values: Record<string, number>;
}

/** What still works; then what happened, for each of the causes. */
const WITHOUT: Record<Exclude<Quality, 'none'> | 'paused', Record<'title' | HeldBy, RoomKey>> = {
  screen: {
    title: 'link.screen.title',
    link: 'link.screen',
    setting: 'link.screen.set',
    server: 'link.screen.server',
  },
  lifeline: {
    title: 'link.life.title',
    link: 'link.life',
    setting: 'link.life.set',
    server: 'link.life.server',
  },
  audio: {
    title: 'link.life.title',
    link: 'link.audio',
    setting: 'link.audio.set',
    server: 'link.audio.server',
  },
  paused: {
    title: 'link.paused.title',
    link: 'link.paused',
    setting: 'link.paused.set',
    server: 'link.paused.server',
  },
  voice: {
    title: 'link.voice.title',
    link: 'link.voice',
    setting: 'link.audio.set',
    server: 'link.audio.server',
  },
};

export interface StripFacts {
  notice: Notice;
  isSoundRefused: boolean;
  isCalled: boolean;
  hasFailed: boolean;
  isStageFailing: boolean;
  isMutedByTeacher: boolean;
  isMicOff: boolean;
  /** What of our picture goes out while on stage. */
  sendLevel: SendLevel;
  /** A slide or a shared screen has the big place. */
  hasSlides: boolean;
  /** What is seen of the shared screen is an old page. */
  isScreenOld: boolean;
  isRecorded: boolean;
  cannotShowPicture: boolean;
  handPlace: number | null;
}

/** In this order: what only a person can mend, what waits for an answer, the link, our hand. */
export function stripOf(facts: StripFacts): Strip {
  const { notice } = facts;
  if (facts.isSoundRefused) return say('sound', 'ask', 'sound.refused', 'sound.refused.how');
  if (facts.isCalled) return say('call', 'ask', 'stage.call', 'stage.call.how');
  if (notice.kind === 'lost') return lost(facts);
  if (notice.kind === 'teacher') {
    const title = facts.hasSlides ? 'link.teacher.title' : 'link.teacher.alone';
    return say('teacher', 'warn', title, 'link.teacher');
  }
  return stageOf(facts) ?? quality(facts) ?? hand(facts);
}

function lost({ hasSlides, isRecorded }: StripFacts): Strip {
  const title = hasSlides ? 'link.lost.title' : 'link.lost.alone';
  return say('lost', 'bad', title, isRecorded ? 'link.lost.safe' : 'link.lost');
}

function stageOf(facts: StripFacts): Strip | null {
  if (facts.isStageFailing) return say('stage', 'warn', 'stage.failed', null);
  if (facts.isMutedByTeacher) return say('stage', 'info', 'stage.muted', null);
  if (facts.isMicOff) return say('stage', 'info', 'stage.mic.off', null);
  const { sendLevel } = facts;
  if (sendLevel === 'all' || sendLevel === 'small') return null;
  return say('stage', 'info', 'stage.heard', `stage.thin.${sendLevel}`);
}

function quality(facts: StripFacts): Strip | null {
  const { notice, isRecorded, isScreenOld, cannotShowPicture } = facts;
  if (notice.kind === 'back') {
    const text = isRecorded ? 'link.gap' : 'link.gap.unrecorded';
    return say('back', 'info', 'link.back', text, { s: Math.round(notice.lostForMs / 1000) });
  }
  if (cannotShowPicture) return say('codec', 'warn', 'link.codec.title', 'link.codec');
  if (!('heldBy' in notice)) return null;
  const { heldBy } = notice;
  const isStill = notice.kind === 'audio' || notice.kind === 'voice';
  const kind = isStill && isScreenOld ? 'paused' : notice.kind;
  const words = WITHOUT[kind];
  const tone = heldBy === 'setting' ? 'info' : 'warn';
  return say(kind, tone, titleOf(words.title, facts), words[heldBy]);
}

/** Slides are not said to be fine where an old page stands still, or none is shown. */
function titleOf(title: RoomKey, { hasSlides, isScreenOld }: StripFacts): RoomKey {
  if (title !== 'link.life.title') return title;
  if (isScreenOld) return 'link.paused.title';
  return hasSlides ? title : 'link.codec.title';
}

function hand({ hasFailed, handPlace }: StripFacts): Strip {
  if (hasFailed) return say('failed', 'info', 'request.failed', null);
  if (handPlace === null) return say('none', 'quiet', 'us', null);
  return say('hand', 'info', 'hand.place', null, { n: handPlace });
}

function say(
  kind: Strip['kind'],
  tone: Strip['tone'],
  title: RoomKey,
  text: RoomKey | null,
  values: Record<string, number> = {},
): Strip {
  return { kind, tone, title, text, values };
}
