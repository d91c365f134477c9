/** What this browser remembers for its teacher: only conveniences, never anything needed. */

export interface StartDefaults {
  title: string;
  roomIds: string[];
  durationMinutes: number;
}

const START_KEY = 'streamsvc.start-now';
const CHECKED_KEY = 'streamsvc.devices-checked';

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    return;
  }
}

/** The last "start one now" of this browser, where it still makes sense. */
export function startDefaults(): StartDefaults {
  const known = read(START_KEY) as Partial<StartDefaults> | null;
  const minutes = Number(known?.durationMinutes);
  return {
    title: typeof known?.title === 'string' ? known.title : '',
    roomIds: Array.isArray(known?.roomIds) ? known.roomIds.map(String) : [],
    durationMinutes: minutes >= 5 && minutes <= 240 ? minutes : 40,
  };
}

export function rememberStart(defaults: StartDefaults): void {
  write(START_KEY, defaults);
}

/** Whether devices were checked once in this browser: the first lesson leads through the check. */
export function hasCheckedDevices(): boolean {
  return read(CHECKED_KEY) === true;
}

export function rememberDevicesChecked(): void {
  write(CHECKED_KEY, true);
}

/** Where a teacher enters her lesson. */
export function enterPath(lessonId: string): string {
  const path = `/teach/${encodeURIComponent(lessonId)}`;
  return hasCheckedDevices() ? path : `${path}/check`;
}
