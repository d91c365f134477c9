import { translator } from '$kit/i18n';

const zh = {
  seconds: '{s} 秒',
  minutes: '{m} 分 {s} 秒',
  'about.seconds': '{s} 秒',
  'about.minutes': '{m} 分钟',
  title: '连上了，正在补听断开的 {gap}',
  'title.behind': '正在追上老师，还差 {behind}',
  left: '{speed} 倍速 · 约 {left}后追上',
  'left.voice': '{speed} 倍速 · 约 {left}后追上 · 先补声音和课件',
  soon: '正在取断开的那一段',
  waiting: '网络慢，取到下一段就继续',
  away: '老师那边断了，老师回来就继续',
  end: '老师已下课，正在放完剩下的 {behind}',
  'end.how': '{speed} 倍速 · 放完就下课',
  bar: '补听进度',
  live: '直接到现在',
  stop: '不听了',
  offer: '连上了，断开的 {gap}可以补听',
  'offer.how': '从断开的地方听起，用 1.2 倍速追上老师。',
  'offer.yes': '补听',
  'offer.no': '不用',
  'offer.small': '补听断开的 {gap}',
  past: '断开的 {gap}，下课后看回放',
  'follow.soon': '直播连不上，正在取录播',
  'follow.soon.how': '声音和课件马上就来，不用操作。',
  follow: '直播连不上，正在看录播，比老师晚 {behind}',
  'follow.how': '声音和课件照常，直播通了会自己接回。现在不能上台。',
  'follow.voice': '先放声音和课件，直播通了会自己接回。现在不能上台。',
  'live.web': '直播线路不通，正在用网页方式看直播，晚 {behind}',
  'live.web.how': '画面、声音和课件照常，线路通了会自己接回。现在不能上台。',
  speed: '{speed}×',
  later: '晚 {behind}',
  voice: '先补声音和课件',
};

const en: Record<keyof typeof zh, string> = {
  seconds: '{s, plural, one {# second} other {# seconds}}',
  minutes: '{m} min {s} s',
  'about.seconds': '{s} s',
  'about.minutes': '{m} min',
  title: 'Back. Playing the {gap} you missed',
  'title.behind': 'Catching up, {behind} to go',
  left: '{speed}× speed, level in about {left}',
  'left.voice': '{speed}× speed, level in about {left}, voice and slides first',
  soon: 'Fetching what you missed',
  waiting: 'The network is slow. It goes on with the next piece.',
  away: 'The teacher is away. It goes on when the teacher is back.',
  end: 'The lesson is over. Playing the last {behind}',
  'end.how': '{speed}× speed, to the end',
  bar: 'How far it has caught up',
  live: 'Skip to now',
  stop: 'Stop here',
  offer: 'Back. You can play the {gap} you missed',
  'offer.how': 'From where it broke, at 1.2× speed until level with the teacher.',
  'offer.yes': 'Play it',
  'offer.no': 'No',
  'offer.small': 'Play the {gap} missed',
  past: 'The {gap} missed: in the recording, after the lesson',
  'follow.soon': 'No live path: fetching the recording',
  'follow.soon.how': 'Voice and slides come in a moment. There is nothing to do.',
  follow: 'No live path: playing the recording, {behind} behind',
  'follow.how': 'Voice and slides are fine. It goes live by itself; no stage until then.',
  'follow.voice': 'Voice and slides for now. It goes live by itself; no stage until then.',
  'live.web': 'No direct path: live over the web, {behind} behind',
  'live.web.how':
    'Picture, voice and slides are fine. It reconnects by itself; no stage until then.',
  speed: '{speed}×',
  later: '{behind} behind',
  voice: 'Voice and slides first',
};

export const t = translator<keyof typeof zh>({ 'zh-CN': zh, en });

/** `42 seconds`, `3 min 5 s`. */
export function lengthText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000)); // as the phone has it
  if (seconds < 100) return t('seconds', { s: seconds });
  return t('minutes', { m: Math.floor(seconds / 60), s: seconds % 60 });
}

/** `2 min`, `40 s`: by tens of seconds below 90. */
export function aboutText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds >= 90) return t('about.minutes', { m: Math.round(seconds / 60) });
  return t('about.seconds', { s: Math.max(10, 10 * Math.ceil(seconds / 10)) });
}
