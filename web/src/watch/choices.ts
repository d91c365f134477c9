/** What somebody chose on this device; all of it is on until she turns it off. */
export type Choice = 'saving' | 'captions';

/** Storage may be forbidden; then a choice holds for this page. */
export function chosen(what: Choice): boolean {
  try {
    return localStorage.getItem(`streamsvc.watch.${what}`) !== 'off';
  } catch {
    return true;
  }
}

export function choose(what: Choice, isOn: boolean): void {
  try {
    localStorage.setItem(`streamsvc.watch.${what}`, isOn ? 'on' : 'off');
  } catch {
    return;
  }
}
