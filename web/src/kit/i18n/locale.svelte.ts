/** Interface language. zh-CN is the source; a message that a language lacks falls back to it. */
export type Locale = 'zh-CN' | 'en';

export const LOCALES: readonly { id: Locale; name: string }[] = [
  { id: 'zh-CN', name: '中文' },
  { id: 'en', name: 'English' },
];

const REMEMBERED = 'streamsvc.locale';

let current = $state<Locale>(chosen());
apply();

/** The language now; reading it in markup follows later changes. */
export function locale(): Locale {
  return current;
}

/** Switches and remembers the language on this device. */
export function setLocale(next: Locale): void {
  current = next;
  remember(next);
  apply();
}

function chosen(): Locale {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked !== null) {
    const locale = known(asked);
    remember(locale);
    return locale;
  }
  return known(remembered() ?? navigator.language);
}

function known(tag: string): Locale {
  return tag.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

/** Storage may be forbidden on a locked-down board; then the choice lasts for this page. */
function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(locale: Locale): void {
  try {
    localStorage.setItem(REMEMBERED, locale);
  } catch {
    return;
  }
}

function apply(): void {
  const direction = new URLSearchParams(location.search).get('dir');
  document.documentElement.lang = current;
  document.documentElement.dir = direction === 'rtl' ? 'rtl' : 'ltr';
}
