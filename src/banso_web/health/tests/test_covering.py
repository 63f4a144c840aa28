"""A scorecard for everybody always remains, and who has none any more has no reading in lists."""

from __future__ import annotations

from typing import Any

import pytest

from banso_web.core.errors import Refused
from banso_web.health.actions import cards as deeds
from banso_web.health.reads.cards import shipped_text
from banso_web.members.models import Member

SOME = "for: {segment: [A]}\n"


def text(whom: str = "", key: str = "standard") -> str:
    return shipped_text().replace("key: standard\n", f"key: {key}\n{whom}", 1)


def test_a_scorecard_for_some_needs_another_for_all(db: None, person: Any) -> None:
    kanri: Member = person("kanri")
    with pytest.raises(Refused) as refused:
        deeds.publish(text(SOME), actor=kanri, key="standard")
    assert refused.value.code == "last_scorecard"
    everybody = deeds.publish(text(key="own"), actor=kanri)
    deeds.publish(text(SOME), actor=kanri, key="standard")
    with pytest.raises(Refused) as refused:
        deeds.undo("own", everybody.entry_id or 0, actor=kanri)
    assert refused.value.code == "last_scorecard"
