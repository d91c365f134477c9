import { expect, it } from 'vitest';
import { ApiError, UNREACHABLE } from '$kit/api';
import { Listing } from '../../src/staff/admin/listing.svelte';

const REFUSED = { ...UNREACHABLE, id: 'lesson-live' };

it('a list that is read again by itself keeps what failed before', async () => {
  let items = ['a'];
  const listing = new Listing(() => Promise.resolve(items));
  await listing.attempt(() => Promise.reject(new ApiError(409, REFUSED)));
  items = ['a', 'b'];
  await listing.refresh();
  expect(listing.items).toEqual(['a', 'b']);
  expect(listing.fault?.id).toBe('lesson-live');
  await listing.load();
  expect(listing.fault).toBeNull();
});

it('a list that cannot be read again by itself stays', async () => {
  let isUp = true;
  const listing = new Listing(() =>
    isUp ? Promise.resolve(['a']) : Promise.reject(new ApiError(0, UNREACHABLE)),
  );
  await listing.load();
  isUp = false;
  await listing.refresh();
  expect([listing.items, listing.fault]).toEqual([['a'], null]);
});

it('an answer that a later one overtook is not taken', async () => {
  const answers: ((items: string[]) => void)[] = [];
  const listing = new Listing(() => new Promise<string[]>((resolve) => answers.push(resolve)));
  const both = [listing.refresh(), listing.load()];
  answers[1]?.(['new']);
  answers[0]?.(['old']);
  await Promise.all(both);
  expect(listing.items).toEqual(['new']);
});
