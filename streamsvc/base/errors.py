"""Errors, by whose fault they are. Each carries a stable id; sentences are found late.

    StreamsvcError
    ├── UserError          a person asked for something that can't be: tell her what to do
    ├── ProtocolError      a peer broke the protocol (HTTP, SDP, STUN, RTP ...): tell it, drop it
    ├── PeerGone           the other side went away: clean up, nobody to tell
    ├── Overload           a written limit was reached: reject or drop, count
    └── EnvironmentFault   the machine: disk, port, database, missing codec: tell the operator
    InvariantBroken        our bug: end that one peer or lesson action, count it, never swallow

Ids are kebab-case and stable for ever. `signaling/protocol/catalogue.py` maps each id to its HTTP
status, WebSocket close code and sentences in zh-CN and English; a test finds ids without an entry.
"""


class StreamsvcError(Exception):
    """Base. `error_id` is the stable id; `details` are named values for the sentence."""

    def __init__(self, error_id: str, **details: str | int | float) -> None:
        super().__init__(error_id)
        self.error_id = error_id
        self.details = details

    def __str__(self) -> str:
        words = " ".join(f"{name}={value!r}" for name, value in self.details.items())
        return f"{self.error_id} {words}".rstrip()


class UserError(StreamsvcError):
    """The request can't be done as asked; the sentence says what to do instead."""


class ProtocolError(StreamsvcError):
    """A peer sent something malformed, too large or out of order."""


class PeerGone(StreamsvcError):
    """The peer closed or went silent."""


class Overload(StreamsvcError):
    """A bound was reached; the sentence says when to try again."""


class EnvironmentFault(StreamsvcError):
    """Disk, port, database, certificate: something on this machine needs an operator."""


class InvariantBroken(Exception):
    """A bug of ours. No input of a peer may ever cause it."""
