"""Signing in, and the administrator's organisations and people."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import Caller, address_of, forget, public, remember, require
from signaling.io.context import Context, context
from signaling.io.views import organisation_view, person_view
from signaling.protocol.resources import (
    Me,
    NewOrganisation,
    NewPerson,
    OrganisationView,
    PersonChange,
    PersonView,
    SignIn,
)
from signaling.protocol.roles import Action, actions_of
from streamsvc.base.ids import OrganisationId, PersonId
from streamsvc.school.records import OrganisationKind, Principal, Role, SignInKind

router = APIRouter(prefix="/api")


@router.post("/sign-in", dependencies=[Depends(public("proves who it is; throttled"))])
async def sign_in(
    body: SignIn, request: Request, response: Response, ctx: Context = Depends(context)
) -> Me:
    """A person signs in."""
    sign_ins = ctx.services.school.sign_ins
    signed_in = await sign_ins.sign_in(body.login, body.password, address_of(request))
    remember(response, request, signed_in, ctx)
    return await _me(ctx, signed_in.principal)


@router.post("/sign-out", status_code=204)
async def sign_out(
    response: Response,
    caller: Caller = Depends(require(Action.SEE_SELF, SignInKind.STAFF)),
    ctx: Context = Depends(context),
) -> None:
    """This browser forgets the person, and she leaves every lesson. Another browser in which she is
    still signed in comes back by itself."""
    await ctx.services.school.sign_ins.sign_out(caller.token, SignInKind.STAFF)
    forget(response, SignInKind.STAFF)
    if caller.principal.person_id is not None:
        _send_away(ctx, caller.principal.person_id)


@router.get("/me")
async def me(
    caller: Caller = Depends(require(Action.SEE_SELF)), ctx: Context = Depends(context)
) -> Me:
    """Who is signed in, and what she may do."""
    return await _me(ctx, caller.principal)


@router.get("/organisations")
async def organisations(
    caller: Caller = Depends(require(Action.SEE_ORGANISATIONS)), ctx: Context = Depends(context)
) -> list[OrganisationView]:
    """The caller's subtree, parents first."""
    found = await ctx.services.school.organisations.visible(caller.principal)
    return [organisation_view(organisation) for organisation in found]


@router.post("/organisations", status_code=201)
async def add_organisation(
    body: NewOrganisation,
    caller: Caller = Depends(require(Action.ADD_ORGANISATION)),
    ctx: Context = Depends(context),
) -> OrganisationView:
    """A city, county or school below one of the caller's."""
    added = await ctx.services.school.organisations.add(
        caller.principal,
        parent_id=OrganisationId(body.parent_id),
        kind=OrganisationKind(body.kind),
        name=body.name,
        school_code=body.school_code,
    )
    return organisation_view(added)


@router.get("/people")
async def people(
    caller: Caller = Depends(require(Action.SEE_PEOPLE)), ctx: Context = Depends(context)
) -> list[PersonView]:
    """Accounts of the caller's subtree."""
    found = await ctx.services.school.people.visible(caller.principal)
    return [person_view(person) for person in found]


@router.post("/people", status_code=201)
async def add_person(
    body: NewPerson,
    caller: Caller = Depends(require(Action.ADD_PERSON)),
    ctx: Context = Depends(context),
) -> PersonView:
    """A new account."""
    added = await ctx.services.school.people.add(
        caller.principal,
        organisation_id=OrganisationId(body.organisation_id),
        login=body.login,
        name=body.name,
        role=Role(body.role),
        password=body.password,
    )
    return person_view(added)


@router.patch("/people/{person_id}")
async def change_person(
    person_id: str,
    body: PersonChange,
    caller: Caller = Depends(require(Action.CHANGE_PERSON)),
    ctx: Context = Depends(context),
) -> PersonView:
    """Name, role, password, or switched off. What ends the sign-ins ends the grants
    and whatever runs on them too."""
    changed = await ctx.services.school.people.change(
        caller.principal,
        PersonId(person_id),
        name=body.name,
        role=None if body.role is None else Role(body.role),
        password=body.password,
        is_active=body.is_active,
    )
    if body.role is not None or body.password is not None or body.is_active is False:
        _send_away(ctx, changed.id)
    if body.role is not None or body.is_active is False:
        ctx.sources.sent_away(changed.id)
    return person_view(changed)


def _send_away(ctx: Context, person_id: PersonId) -> None:
    ctx.grants.revoke(person_id)
    ctx.registry.remove_person(person_id)


async def _me(ctx: Context, principal: Principal) -> Me:
    person = await ctx.services.school.people.own(principal)
    return Me(person=person_view(person), actions=actions_of(principal.role))
