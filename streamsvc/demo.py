"""The demo county: what `make run` shows to somebody who has never seen the product."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 2


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account to try."""

    who: str
    login: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """A receiving room and the link that joins it."""

    name: str
    url: str


def box(
    product_url: str, others: Sequence[str], rooms: Sequence[DemoRoom], logins: Sequence[DemoLogin]
) -> str:
    """The lines to open, in a frame: addresses, rooms, logins."""
    lines = [f"streamsvc is running:  {product_url}", ""]
    lines += ["1. Watch the lesson: open a room (moving picture and sound at once)"]
    lines += [f"   {room.name}  {room.url}" for room in rooms]
    lines += ["2. Teach, help, look after the county: sign in at " + product_url + "/login"]
    width = max((_columns(login.who) for login in logins), default=0)
    lines += [
        f"   {_padded(login.who, width)}  {login.login} / {login.password}" for login in logins
    ]
    lines += ["", "A room and a teacher are two devices: use two browsers, or a private window."]
    if others:
        lines += ["From other machines:  " + "  ".join(others)]
    lines += ["Ctrl-C stops everything."]
    return framed(lines)


def framed(lines: Sequence[str]) -> str:
    """The lines inside a box drawn with plain characters; wide (CJK) characters count as two."""
    width = max(_columns(line) for line in lines) + 2 * MARGIN
    edge = "+" + "-" * width + "+"
    rows = ["|" + " " * MARGIN + _padded(line, width - MARGIN) + "|" for line in lines]
    return "\n".join([edge, *rows, edge])


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))
