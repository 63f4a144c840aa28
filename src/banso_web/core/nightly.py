"""What became of the last nightly backup (`operations.nightly` takes it), for the settings page and the doctor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from banso_web.core import clock

LATE = timedelta(hours=36)


@dataclass(frozen=True)
class Nightly:
    """`at`: ISO. `file`, `size` in bytes, and how many of them are kept; or `failed`: why it could not be taken."""

    at: str
    file: str = ""
    size: int = 0
    kept: int = 0
    failed: str = ""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def late(self) -> bool:
        """Whether a night has passed without one."""
        return clock.now() - self.moment > LATE


def _place() -> Path:
    return Path(settings.BANSO_HOME) / "backups" / "nightly.json"


def is_wanted() -> bool:
    """Whether the operator has named a folder (BANSO_BACKUP_FOLDER)."""
    return bool(settings.ENV.backup_folder)


def remember(found: Nightly) -> None:
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = place.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(found), ensure_ascii=False), "utf-8")
    partial.replace(place)


def last() -> Nightly | None:
    """The last one; None where none was tried yet."""
    try:
        return Nightly(**json.loads(_place().read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
