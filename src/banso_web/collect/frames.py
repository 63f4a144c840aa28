"""The frames of an event log: what stands between two crashes can be told from what was torn."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

MAGIC = b"BNS1"
HEAD = struct.Struct("<4sII")  # magic, length of the payload, its CRC-32
#: No payload is longer: a request is 500 KB at most, and its envelope is small.
LONGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One payload and where its frame begins."""

    offset: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no frame. `torn`: the file ends inside a frame, a write that never finished and was never acknowledged. A last
    frame that is there in its whole length and fails its check is no such end: it may have been acknowledged."""

    offset: int
    length: int
    torn: bool


def frame(payload: bytes) -> bytes:
    """The payload with its head. Raises ValueError for one longer than LONGEST."""
    if len(payload) > LONGEST:
        raise ValueError(f"a payload of {len(payload)} bytes; {LONGEST} are the most")
    return HEAD.pack(MAGIC, len(payload), crc32(payload)) + payload


def read_frames(data: bytes) -> Iterator[Frame | Damage]:
    """Every whole frame of a log in order, and the stretches between them that are none.

    After damage the reading goes on at the next frame that is whole, so one bad page costs only the frames on it.
    """
    at, size = 0, len(data)
    while at < size:
        payload = _payload(data, at)
        if payload is not None:
            yield Frame(at, payload)
            at += HEAD.size + len(payload)
            continue
        onward = _next_frame(data, at + 1)
        end = size if onward is None else onward
        yield Damage(at, end - at, torn=onward is None and _cut_short(data, at))
        at = end


def _payload(data: bytes, at: int) -> bytes | None:
    if at + HEAD.size > len(data):
        return None
    magic, length, check = HEAD.unpack_from(data, at)
    start = at + HEAD.size
    if magic != MAGIC or length > LONGEST or start + length > len(data):
        return None
    payload = data[start : start + length]
    return payload if crc32(payload) == check else None


def _cut_short(data: bytes, at: int) -> bool:
    if at + HEAD.size > len(data):
        return MAGIC.startswith(data[at : at + len(MAGIC)])
    magic, length, _check = HEAD.unpack_from(data, at)
    return bool(magic == MAGIC and length <= LONGEST and at + HEAD.size + length > len(data))


def _next_frame(data: bytes, at: int) -> int | None:
    """Where the next whole frame begins. A payload that happens to hold the magic fails its check and is passed over."""
    found = data.find(MAGIC, at)
    while found != -1:
        if _payload(data, found) is not None:
            return found
        found = data.find(MAGIC, found + 1)
    return None
