/** Where the address bar points, as data. Pure but for `navigate` and `listen` at the end. */

export type Route =
  | { page: 'login'; next: string }
  | { page: 'today' }
  | { page: 'check'; lessonId: string }
  | { page: 'console'; lessonId: string }
  | { page: 'summary'; lessonId: string }
  | { page: 'library' }
  | { page: 'recording'; recordingId: string; atMs: number | null }
  | { page: 'admin'; section: AdminSection }
  | { page: 'missing' };

export const ADMIN_SECTIONS = ['lessons', 'rooms', 'readiness', 'people', 'organisations'] as const;
export type AdminSection = (typeof ADMIN_SECTIONS)[number];

/** The route of a path and query; unknown addresses are `missing`, never an exception. */
export function routeOf(path: string, query = ''): Route {
  const [first = '', second = '', third = '', ...rest] = path
    .split('/')
    .filter(Boolean)
    .map(decoded);
  if (rest.length > 0) return { page: 'missing' };
  if (first === 'login' && !second) return { page: 'login', next: nextOf(query) };
  if (first === 'today' && !second) return { page: 'today' };
  if (first === 'library') return libraryRoute(second, third, query);
  if (first === 'teach' && second) return teachRoute(second, third);
  if (first === 'admin' && !third) return adminRoute(second);
  return { page: 'missing' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Only a path of our own may follow a sign-in, so that a link cannot lead away. */
function nextOf(query: string): string {
  const next = new URLSearchParams(query).get('next') ?? '';
  return /^\/(?![/\\])/.test(next) ? next : '/today';
}

function libraryRoute(recordingId: string, rest: string, query: string): Route {
  if (rest) return { page: 'missing' };
  if (!recordingId) return { page: 'library' };
  return { page: 'recording', recordingId, atMs: momentOf(query) };
}

/** `?t=` in whole or decimal seconds. */
function momentOf(query: string): number | null {
  const text = new URLSearchParams(query).get('t');
  const seconds = text ? Number(text) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1000) : null;
}

function teachRoute(lessonId: string, page: string): Route {
  if (page === '') return { page: 'console', lessonId };
  if (page === 'check' || page === 'summary') return { page, lessonId };
  return { page: 'missing' };
}

function adminRoute(section: string): Route {
  if (!section) return { page: 'admin', section: 'lessons' };
  const known = ADMIN_SECTIONS.find((name) => name === section);
  return known ? { page: 'admin', section: known } : { page: 'missing' };
}

/** Goes to a page of this application without loading it anew. */
export function navigate(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

/** Calls back now and at each change of address; returns its own undoing. */
export function listen(onRoute: (route: Route) => void): () => void {
  const tell = (): void => onRoute(routeOf(location.pathname, location.search));
  window.addEventListener('popstate', tell);
  document.addEventListener('click', followLink);
  tell();
  return () => {
    window.removeEventListener('popstate', tell);
    document.removeEventListener('click', followLink);
  };
}

/** Plain clicks on links to our own pages stay in this document. */
function followLink(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.hash || routeOf(link.pathname, link.search).page === 'missing') return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}
