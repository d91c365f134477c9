"""Structures of the engine for tests: held as bytes, used through its own functions."""

import ctypes
from typing import Any

Longs = ctypes.c_int64 * 7
Nine = ctypes.c_int64 * 9


class Held:
    """A zeroed structure of the engine; `call` passes it as the first argument."""

    def __init__(self, native: ctypes.CDLL, kind: str) -> None:
        size = getattr(native, f"size_of_{kind}")
        size.restype = ctypes.c_size_t
        self.native = native
        self.memory = ctypes.create_string_buffer(size())

    def call(self, name: str, *arguments: Any, result: Any = ctypes.c_int64) -> Any:
        """The function `name` on this structure."""
        function = getattr(self.native, name)
        function.restype = result
        return function(self.memory, *arguments)


def u16(value: int) -> ctypes.c_uint16:
    return ctypes.c_uint16(value & 0xFFFF)


def u32(value: int) -> ctypes.c_uint32:
    return ctypes.c_uint32(value & 0xFFFFFFFF)


def i64(value: int) -> ctypes.c_int64:
    return ctypes.c_int64(value)


def u64(value: int) -> ctypes.c_uint64:
    return ctypes.c_uint64(value & 0xFFFFFFFFFFFFFFFF)
