"""Which encoding a text file has: UTF-8 with or without BOM, UTF-16 with BOM, or CP932. Never a guess among many."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from banso_web.ingest.readers.problems import Limits, ReadProblem

_CHUNK = 1 << 20
_HIGH = re.compile(rb"[\x80-\xff]")


def detect_encoding(stream: BinaryIO, limits: Limits) -> str:
    """``utf-8``, ``utf-8-sig``, ``utf-16`` or ``cp932`` for the whole of `stream` (left at its end).

    Raises ReadProblem ``bad_encoding`` (a line that is neither), ``mixed_encoding`` (some lines are one, some the other;
    `row` is the first line of the rarer kind) or ``binary_content``.
    """
    head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    stream.seek(0)
    if _is_utf8(stream):
        return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    stream.seek(0)
    return _by_lines(stream, limits)


def _is_utf8(stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    line = 1
    while chunk := stream.read(_CHUNK):
        if (nul := chunk.find(b"\x00")) >= 0:
            raise ReadProblem("binary_content", row=line + chunk.count(b"\n", 0, nul))
        line += chunk.count(b"\n")
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _by_lines(stream: BinaryIO, limits: Limits) -> str:
    """Line ends are safe to split at: no CP932 or UTF-8 sign contains the byte 0x0A."""
    first: dict[str, int] = {}
    count = {"utf-8": 0, "cp932": 0}
    number = 0
    while line := stream.readline(limits.line_bytes + 1):
        number += 1
        if len(line) > limits.line_bytes:
            raise ReadProblem("line_too_long", row=number, limit=limits.line_bytes)
        if b"\x00" in line:
            raise ReadProblem("binary_content", row=number)
        if not _HIGH.search(line):
            continue
        kind = _kind_of_line(line, number)
        if kind:
            first.setdefault(kind, number)
            count[kind] += 1
    if count["utf-8"] and count["cp932"]:
        rare = min(count, key=lambda kind: (count[kind], -first[kind]))
        other = "cp932" if rare == "utf-8" else "utf-8"
        raise ReadProblem(
            "mixed_encoding",
            row=first[rare],
            encoding=rare,
            lines=count[rare],
            other=other,
            other_row=first[other],
        )
    return "cp932"


def _kind_of_line(line: bytes, number: int) -> str:
    """``utf-8`` or ``cp932``; empty for a line that is good CP932 and also, by chance, short UTF-8 pairs.

    Half-width kana may look like two-byte UTF-8 (ﾃｱ is also ñ), so only signs of three bytes or more prove UTF-8.
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8" if any(sign > "\u07ff" for sign in text) else ""
    try:
        line.decode("cp932")
    except UnicodeDecodeError as error:
        raise ReadProblem("bad_encoding", row=number, byte=error.start + 1) from None
    return "cp932"
