/** A list from the server with what a section does to it: load, change, and say what failed. */

import type { ErrorBody } from '$kit/protocol/schema';
import { faultOf } from '../resources';

export class Listing<Item> {
  /** Null until the server answered. */
  items = $state.raw<Item[] | null>(null);
  /** Why the list, or a change in it, failed. */
  fault = $state.raw<ErrorBody | null>(null);
  /** Why the form beside the list failed. */
  formFault = $state.raw<ErrorBody | null>(null);
  isBusy = $state(false);

  constructor(private readonly read: () => Promise<Item[]>) {}

  readonly load = async (): Promise<void> => {
    await this.attempt(async () => {
      this.items = await this.read();
    });
  };

  /** Runs a change; its failure becomes a fault. Returns whether it was done. */
  async attempt(
    change: () => Promise<unknown>,
    where: 'fault' | 'formFault' = 'fault',
  ): Promise<boolean> {
    this.isBusy = true;
    this[where] = null;
    try {
      await change();
      return true;
    } catch (caught) {
      this[where] = faultOf(caught);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  /** Puts a new or changed item in its place, new ones first. */
  put(item: Item, isSame: (known: Item) => boolean): void {
    const items = this.items ?? [];
    this.items = items.some(isSame)
      ? items.map((known) => (isSame(known) ? item : known))
      : [item, ...items];
  }
}
