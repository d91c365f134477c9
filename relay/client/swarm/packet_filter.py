"""A classic BPF program for a receiver's socket: the kernel drops, and counts, most RTP packets.

It passes what is no RTP: STUN and DTLS (first byte below 128, RFC 7983), RTCP (second byte 192 to
223, RFC 5761); and the RTP packets whose sequence number is `phase` modulo `one_in`. A dropped
packet costs its receiver no system call, so that one process can hold thousands of receivers.
"""

import struct

Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, operand: `struct sock_filter` of linux/filter.h."""

_LOAD_BYTE, _LOAD_HALF = 0x30, 0x28
_AT_LEAST, _EQUAL = 0x35, 0x15
_AND, _RETURN = 0x54, 0x06
_PAYLOAD = 8
"""A UDP socket's filter sees the UDP header first."""
_WHOLE = 0x40000
_INSTRUCTION = struct.Struct("@HBBI")


def sampling_program(one_in: int, phase: int) -> list[Instruction]:
    """`one_in` is a power of two, 0 <= phase < one_in."""
    passes, drops = 9, 10
    return [
        (_LOAD_BYTE, 0, 0, _PAYLOAD),
        (_AT_LEAST, 0, passes - 2, 128),
        (_AT_LEAST, passes - 3, 0, 192),
        (_LOAD_BYTE, 0, 0, _PAYLOAD + 1),
        (_AT_LEAST, 0, 1, 192),
        (_AT_LEAST, 0, passes - 6, 224),
        (_LOAD_HALF, 0, 0, _PAYLOAD + 2),
        (_AND, 0, 0, one_in - 1),
        (_EQUAL, passes - 9, drops - 9, phase),
        (_RETURN, 0, 0, _WHOLE),
        (_RETURN, 0, 0, 0),
    ]


def assembled(program: list[Instruction]) -> bytes:
    """As the kernel reads it: an array of `struct sock_filter`."""
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)
