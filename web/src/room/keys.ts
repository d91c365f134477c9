/** What the big screen's keys do (keyboard, remote control, presenter). */
export interface KeyActions {
  confirm: () => void;
  hand: () => void;
  live: () => void;
  microphone: () => void;
  louder: () => void;
  softer: () => void;
  fullScreen: () => void;
  help: () => void;
  dismiss: () => void;
}

const ACTIONS: Record<string, keyof KeyActions> = {
  Enter: 'confirm',
  h: 'hand',
  l: 'live',
  m: 'microphone',
  '+': 'louder',
  '=': 'louder',
  '-': 'softer',
  f: 'fullScreen',
  '?': 'help',
  '/': 'help',
  Escape: 'dismiss',
};

/** The action of a key press, if any; none while typing or with a modifier of the system. */
export function actionOf(event: {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
}): keyof KeyActions | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const action = ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
  return event.repeat && action !== 'louder' && action !== 'softer' ? null : action;
}

/** Full screen on and off; refused silently where the browser or the board forbids it. */
export function toggleFullScreen(): void {
  const done = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen?.();
  done?.catch(() => undefined);
}
