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

  private reads = 0;

  constructor(private readonly read: () => Promise<Item[]>) {}

  readonly load = async (): Promise<void> => {
    await this.attempt(() => this.take());
  };

  /** Reads again, though nobody asked: what failed before stays to be read, and no new fault comes. */
  readonly refresh = (): Promise<void> => this.take().catch(() => undefined);

  /** An answer that a later one overtook is not taken. */
  private async take(): Promise<void> {
    const turn = (this.reads += 1);
    const items = await this.read();
    if (turn === this.reads) this.items = items;
  }

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
