"""A source, and a home of its own for logs and segments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from banso_web.collect.models import Source
from banso_web.collect.taking import keys, room, writers
from banso_web.core import clock


@pytest.fixture
def events_home(tmp_path: Path, settings: Any) -> Iterator[Path]:
    (tmp_path / "kind").write_text("test")
    settings.BANSO_HOME = tmp_path
    keys.forget()
    room._looked = float("-inf")
    yield tmp_path
    writers.close()
    keys.forget()


@pytest.fixture
def source(db: None, events_home: Path) -> Source:
    return Source.objects.create(name="勤怠クラウド", write_key="key-of-the-tests", created_at=clock.now())
