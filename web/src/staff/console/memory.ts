/** What this browser remembers for the console. */

const LETTERS_KEY = 'streamsvc.letters-off';
const TEACHING_KEY = 'streamsvc.teaching';

function guarded<Value>(act: () => Value, otherwise: Value): Value {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

/** Whether single-key shortcuts are on, which they are unless switched off. */
export function areLettersOn(): boolean {
  return guarded(() => localStorage.getItem(LETTERS_KEY) === null, true);
}

export function rememberLetters(areOn: boolean): void {
  guarded(() => {
    if (areOn) localStorage.removeItem(LETTERS_KEY);
    else localStorage.setItem(LETTERS_KEY, '1');
  }, undefined);
}

/** This tab teaches that lesson: after a reload it may take its own place back. */
export function rememberTeaching(lessonId: string): void {
  guarded(() => sessionStorage.setItem(TEACHING_KEY, lessonId), undefined);
}

export function wasTeaching(lessonId: string): boolean {
  return guarded(() => sessionStorage.getItem(TEACHING_KEY) === lessonId, false);
}
