"""Forgetting a person: by what texts they are known, how those are taken out of a text, and the ledger of who was erased.

The ledger (`BANSO_HOME/erasures.jsonl`) stands outside the database, so that an erasure holds over every restore. It
keeps no personal value: only keyed hashes (HMAC-SHA-256 with the instance's secret key) of contact ids and e-mail
addresses, by which the same person is known again.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from banso_web.core import clock

ERASED = "削除済みの担当者"  # stored as data where a name stood, so it is not translated
_TOKENS = re.compile(r"[;,、；\s]+")


@dataclass(frozen=True)
class Whom:
    """One contact and every text by which they are known now or were before (all versions).

    `names`: (family, given) in every writing. `words`: single values (title, a reading …) that are personal only where
    a whole cell holds nothing else, beside another mark of the person.
    """

    contact_id: int
    codes: frozenset[str]
    account_ids: tuple[int, ...]
    names: frozenset[tuple[str, str]]
    emails: frozenset[str]
    phones: frozenset[str]
    words: frozenset[str]

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        full = [
            rf"{re.escape(family)}[\s　]*{re.escape(given)}"
            for family, given in self.names
            if family and given
        ]
        exact = [re.escape(text) for text in (*self.emails, *self.phones) if len(text) > 3]
        return (
            re.compile("|".join(sorted([*full, *exact], key=len, reverse=True)), re.I)
            if full or exact
            else None
        )

    def in_text(self, text: str) -> bool:
        """The text names the person: by full name, e-mail address, telephone number, or their id as a word of its own."""
        if self._pattern is not None and self._pattern.search(text):
            return True
        return any(token in self.codes for token in _TOKENS.split(text))

    def scrub(self, text: str, *, beside: bool = False) -> str:
        """The text without the person. `beside`: it stands in a row that names them, so lone words count too."""
        plain = text.strip()
        if plain in self.codes or (beside and plain in self.words):
            return ERASED
        found = self._pattern.sub(ERASED, text) if self._pattern is not None else text
        if any(token in self.codes for token in _TOKENS.split(found)):
            parts = re.split(r"([;,、；\s]+)", found)
            found = "".join(ERASED if part in self.codes else part for part in parts)
        return found

    def scrub_json(self, value: Any, *, beside: bool | None = None) -> Any:
        """A JSON value without the person: every text inside, in lists and objects of any depth."""
        if beside is None:
            beside = any(self.in_text(text) for text in _texts(value))
        if isinstance(value, str):
            return self.scrub(value, beside=beside)
        if isinstance(value, list):
            return [self.scrub_json(one, beside=beside) for one in value]
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub_json(one, beside=beside) for key, one in value.items()}
        return value


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _texts(one)


def keyed(kind: str, text: str) -> str:
    """The keyed hash of a contact id (kind "code") or of an e-mail address (kind "email", in any case of letters)."""
    plain = text.strip().casefold() if kind == "email" else text.strip()
    return hmac.new(settings.SECRET_KEY.encode(), f"{kind}:{plain}".encode(), sha256).hexdigest()


def erased_code(code: str) -> str:
    """The id that stands in the place of an erased contact's own."""
    return f"erased-{keyed('code', code)[:24]}"


def ledger() -> Path:
    """Where the ledger stands."""
    return Path(settings.BANSO_HOME) / "erasures.jsonl"


def remember(whom: Whom) -> None:
    """Write an erasure into the ledger, on disk before this returns. Hashes that stand there already are left."""
    known = remembered()
    wanted = {*(keyed("code", code) for code in whom.codes), *(keyed("email", mail) for mail in whom.emails)}
    if wanted <= known:
        return
    line = json.dumps({"at": clock.now().isoformat(), "keys": sorted(wanted)})
    with ledger().open("a", encoding="ascii") as file:
        file.write("\n" + line + "\n")  # begins a line of its own, whatever a crash left before it
        file.flush()
        os.fsync(file.fileno())


def remembered() -> frozenset[str]:
    """Every hash of the ledger; an unreadable (half-written) line counts as not there."""
    path = ledger()
    try:
        stat = path.stat()
    except FileNotFoundError:
        return frozenset()
    return _read(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=2)
def _read(path: str, _changed: int, _size: int) -> frozenset[str]:
    found: set[str] = set()
    for line in Path(path).read_text("ascii", errors="replace").splitlines():
        try:
            found.update(json.loads(line)["keys"])
        except (ValueError, KeyError, TypeError):
            continue
    return frozenset(found)


def was_erased(*, code: str = "", email: str = "") -> bool:
    """Whether somebody with this id or address was erased."""
    keys = remembered()
    if not keys:
        return False
    return (bool(code) and keyed("code", code) in keys) or (bool(email) and keyed("email", email) in keys)


def merge_ledgers(other: Path) -> None:
    """Add the lines of another ledger (of a backup) that this one lacks."""
    if not other.is_file():
        return
    text = ledger().read_text("ascii", errors="replace") if ledger().exists() else ""
    mine = set(text.splitlines())
    new = [
        line for line in other.read_text("ascii", errors="replace").splitlines() if line and line not in mine
    ]
    if new:
        with ledger().open("a", encoding="ascii", errors="replace") as file:
            # a line that a crash left half-written must not swallow the next one
            file.write(
                ("\n" if text and not text.endswith("\n") else "") + "".join(f"{line}\n" for line in new)
            )
            file.flush()
            os.fsync(file.fileno())
