"""docs/git-activity.md says what its tool finds in the real log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environment import SHARED
from tools.git_activity import table, weekly_people, write_files

ROOT = Path(__file__).resolve().parents[1]
LOG = SHARED / "git_activity"


@pytest.mark.shared
def test_the_report_holds_the_table_of_its_tool() -> None:
    text = (ROOT / "docs" / "git-activity.md").read_text("utf-8")
    assert table(LOG) in text


@pytest.mark.shared
def test_every_event_of_a_person_is_in_the_files(tmp_path: Path) -> None:
    """77,819 events less 2,018 of programs; users of a day add up to no less than the people of its week."""
    write_files(LOG, tmp_path)
    assert len((tmp_path / "events.csv").read_text("utf-8").splitlines()) == 75_801 + 1
    assert len((tmp_path / "accounts.csv").read_text("utf-8").splitlines()) == 12 + 1
    told = [line.split(",") for line in (tmp_path / "usage_daily.csv").read_text("utf-8").splitlines()[1:]]
    assert sum(int(line[5]) for line in told) == 75_801
    assert sum(int(line[4]) for line in told) >= sum(
        sum(weeks.values()) for weeks in weekly_people(LOG).values()
    )
