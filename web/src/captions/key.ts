const KEPT = 'streamsvc.captions.key';

/** The link's key, which leaves the address; a page that is reloaded has it from its own tab. */
export function takeKey(): string {
  const key = decodeURIComponent(location.hash.slice(1));
  if (!key) return kept();
  history.replaceState(null, '', location.pathname + location.search);
  try {
    sessionStorage.setItem(KEPT, key);
  } catch {
    return key;
  }
  return key;
}

function kept(): string {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    return '';
  }
}
