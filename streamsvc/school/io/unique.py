"""A value that must be the only one of its kind: the database decides, the caller gets an id."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from streamsvc.base.errors import UserError


@contextmanager
def unique_or(error_id: str) -> Iterator[None]:
    """Around a flush: raises UserError `error_id` if the value is taken."""
    try:
        yield
    except IntegrityError as error:
        raise UserError(error_id) from error
