/** Who is signed in on this page. */

import { ApiError } from '$kit/api';
import type { Me } from '$kit/protocol/schema';
import { navigate } from './router';
import { readMe, signIn, signOut } from './resources';

let current = $state<Me | null>(null);

/** The person signed in; null while unknown or signed out. */
export function me(): Me | null {
  return current;
}

/** Asks the server once; false when nobody is signed in. Other failures are raised. */
export async function resume(): Promise<boolean> {
  if (current) return true;
  try {
    current = await readMe();
    return true;
  } catch (caught) {
    if (caught instanceof ApiError && caught.status === 401) return false;
    throw caught;
  }
}

/** Raises ApiError with the sentence to show. */
export async function enter(login: string, password: string): Promise<void> {
  current = await signIn({ login, password });
}

/** Forgets the session here even when the server cannot be told. */
export async function leave(): Promise<void> {
  await signOut().catch(() => undefined);
  current = null;
  navigate('/login');
}
