"""Why a read of a table did not go through, as a code with its details; the words stand in `words.py`."""

from __future__ import annotations

from typing import Any


class ReadFailed(Exception):
    """What was read before it is kept, and the next read goes on from there."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(f"{code} {detail}")
        self.code, self.detail = code, {key: str(value)[:300] for key, value in detail.items()}

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, **self.detail}
