"""What a call was refused with."""

from collections.abc import Awaitable

from streamsvc.base.errors import StreamsvcError


async def refusal(call: Awaitable[object]) -> str | None:
    """The error id; None if it was done."""
    try:
        await call
    except StreamsvcError as error:
        return error.error_id
    return None
