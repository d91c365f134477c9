import type { LadderView, LinkSignal, RoomView } from '../protocol/schema';
import type { Locale } from '../i18n/locale.svelte';

type Level = LinkSignal['voice'];

const WORDS: Record<Locale, Record<keyof LinkSignal, Record<Level, string>>> = {
  'zh-CN': {
    voice: { full: '声音正常', half: '声音断续', none: '声音停止' },
    slides: { full: '课件正常', half: '课件变慢', none: '课件停止' },
    picture: { full: '画面正常', half: '画面降低', none: '画面停止' },
  },
  en: {
    voice: { full: 'voice fine', half: 'voice broken', none: 'voice stopped' },
    slides: { full: 'slides fine', half: 'slides slow', none: 'slides stopped' },
    picture: { full: 'picture fine', half: 'picture reduced', none: 'picture stopped' },
  },
};

/** The signal in words, for screen readers and tables. */
export function signalText(link: LinkSignal, locale: Locale): string {
  const words = WORDS[locale];
  const parts = [words.voice[link.voice], words.slides[link.slides], words.picture[link.picture]];
  return parts.join(locale === 'en' ? ', ' : ' ');
}

/** The level told, or the best where nothing is missing. */
export function levelOf({ level, top }: LadderView): LadderView['level'] {
  return level === top ? 'screen_video' : level;
}

const PICTURE: Record<LadderView['level'], LinkSignal['picture']> = {
  voice: 'none',
  slides: 'none',
  low_video: 'half',
  high_video: 'full',
  screen_video: 'full',
};

/** With a low picture the room itself says whether its big place stands still. */
function slidesAt(level: LadderView['level'], { slides }: LinkSignal): LinkSignal['slides'] {
  if (level === 'voice') return 'none';
  if (level === 'low_video' && slides === 'none') return 'none';
  return level === 'high_video' ? 'half' : 'full';
}

/** The three parts as the server told them, where it did: they go with the words beside them. */
export function signalOf({ link, ladder }: RoomView): LinkSignal {
  if (!ladder) return link;
  const level = levelOf(ladder);
  return { voice: link.voice, slides: slidesAt(level, link), picture: PICTURE[level] };
}
