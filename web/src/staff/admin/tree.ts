/** Organisations as a tree. Pure. */

import type { NewOrganisation, OrganisationView } from '$kit/protocol/schema';

export interface Branch {
  organisation: OrganisationView;
  depth: number;
}

/** Depth first, siblings by name; whatever has no visible parent is a root. */
export function branchesOf(organisations: readonly OrganisationView[]): Branch[] {
  const known = new Set(organisations.map(({ organisation_id }) => organisation_id));
  const byParent = new Map<string, OrganisationView[]>();
  for (const organisation of organisations) {
    const parent = organisation.parent_id;
    const key = parent !== null && known.has(parent) ? parent : '';
    byParent.set(key, [...(byParent.get(key) ?? []), organisation]);
  }
  const walk = (key: string, depth: number): Branch[] =>
    [...(byParent.get(key) ?? [])]
      .sort((one, other) => one.name.localeCompare(other.name))
      .flatMap((organisation) => [
        { organisation, depth },
        ...walk(organisation.organisation_id, depth + 1),
      ]);
  return walk('', 0);
}

const BELOW: Record<OrganisationView['kind'], NewOrganisation['kind'] | null> = {
  province: 'city',
  city: 'county',
  county: 'school',
  school: null,
};

/** The level directly below; null under a school. */
export function kindBelow(kind: OrganisationView['kind']): NewOrganisation['kind'] | null {
  return BELOW[kind];
}

/** An option's text whose indent shows where it hangs. */
export function indented({ organisation, depth }: Branch): string {
  return '\u3000'.repeat(depth) + organisation.name;
}
