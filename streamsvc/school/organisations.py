"""The organisation tree: paths, and who is above whom.

A path is the ids from the top, each followed by `/`; a subtree is all paths that begin with its
own. The levels are never skipped, so the county of any path is its first three ids. (A municipality
without cities gets one city node, as its official division codes do.)
"""

from streamsvc.base.ids import OrganisationId
from streamsvc.school.records import OrganisationKind

LEVELS = (
    OrganisationKind.PROVINCE,
    OrganisationKind.CITY,
    OrganisationKind.COUNTY,
    OrganisationKind.SCHOOL,
)
_COUNTY_DEPTH = LEVELS.index(OrganisationKind.COUNTY) + 1


def kind_below(kind: OrganisationKind | None) -> OrganisationKind | None:
    """The level under `kind` (None: above the top); None under a school."""
    place = 0 if kind is None else LEVELS.index(kind) + 1
    return LEVELS[place] if place < len(LEVELS) else None


def path_below(parent_path: str, organisation_id: OrganisationId) -> str:
    """Path of a child."""
    return f"{parent_path}{organisation_id}/"


def is_within(path: str, subtree: str) -> bool:
    """True if `path` is the top of `subtree` or below it."""
    return path.startswith(subtree)


def county_path(path: str) -> str:
    """The county that holds `path`; above the counties, `path` itself."""
    ids = path.split("/")[:-1]
    return "".join(f"{part}/" for part in ids[:_COUNTY_DEPTH])


def paths_above(path: str) -> list[str]:
    """Every ancestor's path and `path` itself, top first."""
    ids = path.split("/")[:-1]
    return ["".join(f"{part}/" for part in ids[: n + 1]) for n in range(len(ids))]
