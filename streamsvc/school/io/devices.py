"""What is forgotten together when a person or a room's device goes."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.school.io.tables import JoinCodeRow, PairRow, SignInRow
from streamsvc.school.records import SignInKind


async def forget_terminal(session: AsyncSession, room_id: str) -> None:
    """Sign a room's terminal out; its phone stays."""
    await session.execute(
        delete(SignInRow).where(SignInRow.room_id == room_id, SignInRow.kind == SignInKind.ROOM)
    )


async def forget_phone(session: AsyncSession, room_id: str) -> None:
    """Sign a room's phone out."""
    await session.execute(
        delete(SignInRow).where(SignInRow.room_id == room_id, SignInRow.kind == SignInKind.PHONE)
    )


async def forget_viewers(session: AsyncSession, room_id: str) -> None:
    """Sign out every device that watches by the room's link."""
    await session.execute(
        delete(SignInRow).where(SignInRow.room_id == room_id, SignInRow.kind == SignInKind.VIEWER)
    )


async def forget_room(session: AsyncSession, room_id: str) -> None:
    """Sign a room's terminal and phone out; its codes and pair secrets die."""
    await forget_terminal(session, room_id)
    await forget_phone(session, room_id)
    await session.execute(delete(PairRow).where(PairRow.room_id == room_id))
    await session.execute(delete(JoinCodeRow).where(JoinCodeRow.room_id == room_id))


async def forget_person(session: AsyncSession, person_id: str) -> None:
    """Sign a person out everywhere."""
    await session.execute(delete(SignInRow).where(SignInRow.person_id == person_id))
