from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamsvc.base.ids import OrganisationId
from streamsvc.school.organisations import (
    LEVELS,
    county_path,
    is_within,
    kind_below,
    path_below,
    paths_above,
)
from streamsvc.school.records import OrganisationKind

ids = st.lists(st.from_regex(r"org_[a-z2-9]{3}", fullmatch=True), max_size=4)

# a busy machine is no failure
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def path_of(parts: list[str]) -> str:
    path = ""
    for part in parts:
        path = path_below(path, OrganisationId(part))
    return path


def test_the_levels_follow_each_other() -> None:
    kinds = []
    kind = kind_below(None)
    while kind is not None:
        kinds.append(kind)
        kind = kind_below(kind)
    assert tuple(kinds) == LEVELS == tuple(OrganisationKind)


@unhurried
@given(ids)
def test_a_path_is_within_everything_above_it(parts: list[str]) -> None:
    path = path_of(parts)
    above = paths_above(path)
    assert len(above) == len(parts)
    assert all(is_within(path, subtree) for subtree in above)
    assert above[-1:] == ([path] if parts else [])


@unhurried
@given(ids)
def test_the_county_is_the_third_level_or_the_path_itself(parts: list[str]) -> None:
    assert county_path(path_of(parts)) == path_of(parts[:3])


def test_a_sibling_with_a_longer_id_is_outside() -> None:
    assert not is_within("org_ab/", "org_a/")
