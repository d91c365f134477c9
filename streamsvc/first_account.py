"""The first account of a new installation: an administrator, and the county she looks after.

The tree above it (province, city) has plain names that she can't see; an installation for a
whole province starts with an administrator of that name.
"""

from streamsvc.base.clock import SystemClock
from streamsvc.base.ids import OrganisationId, PersonId
from streamsvc.data_folder import DataFolder
from streamsvc.school.io.school import School, open_school
from streamsvc.school.records import OPERATOR, Organisation, OrganisationKind, Role
from streamsvc.settings import Settings

_ABOVE = ((OrganisationKind.PROVINCE, "省"), (OrganisationKind.CITY, "市"))


def database_url(settings: Settings, folder: DataFolder) -> str:
    """The configured database, or SQLite in the data folder."""
    return settings.database_url or f"sqlite+aiosqlite:///{folder.database}"


async def add_administrator(
    settings: Settings, *, login: str, name: str, organisation: str, password: str
) -> PersonId:
    """Make the account; the running service need not stop.

    Raises UserError `login-taken`, EnvironmentFault `database-unusable`.
    """
    folder = DataFolder(settings.data)
    folder.path.mkdir(parents=True, exist_ok=True)
    school = await open_school(database_url(settings, folder), SystemClock())
    try:
        person = await school.people.add(
            OPERATOR,
            organisation_id=await _organisation(school, organisation),
            login=login,
            name=name,
            role=Role.ADMINISTRATOR,
            password=password,
        )
        return person.id
    finally:
        await school.close()


async def _organisation(school: School, name: str) -> OrganisationId:
    """The organisation of this name at any level, or a new county."""
    known = await school.organisations.visible(OPERATOR)
    for node in known:
        if node.name == name:
            return node.id
    parent: OrganisationId | None = None
    for kind, title in _ABOVE:
        found = [n for n in known if n.kind is kind]
        node = found[0] if found else await _add(school, parent, kind, title)
        parent = node.id
    county = await _add(school, parent, OrganisationKind.COUNTY, name)
    return county.id


async def _add(
    school: School, parent_id: OrganisationId | None, kind: OrganisationKind, name: str
) -> Organisation:
    return await school.organisations.add(OPERATOR, parent_id=parent_id, kind=kind, name=name)
