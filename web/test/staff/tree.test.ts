import { expect, test } from 'vitest';
import type { OrganisationView } from '$kit/protocol/schema';
import { branchesOf, indented, kindBelow } from '../../src/staff/admin/tree';

function place(
  organisation_id: string,
  parent_id: string | null,
  kind: OrganisationView['kind'],
): OrganisationView {
  return { organisation_id, parent_id, kind, name: organisation_id, school_code: null };
}

const tree = [
  place('school-b', 'county', 'school'),
  place('county', 'city', 'county'),
  place('school-a', 'county', 'school'),
  place('county-2', 'city', 'county'),
];

test('a subtree stands by itself: its root has a parent nobody sees', () => {
  expect(branchesOf(tree).map(indented)).toEqual([
    'county',
    '\u3000school-a',
    '\u3000school-b',
    'county-2',
  ]);
});

test('nobody is lost or doubled', () => {
  expect(branchesOf(tree)).toHaveLength(tree.length);
  expect(branchesOf([])).toEqual([]);
});

test('schools hold no organisations', () => {
  expect(kindBelow('school')).toBeNull();
  expect(kindBelow('county')).toBe('school');
});
