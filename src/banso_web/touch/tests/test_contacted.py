"""Who was contacted before a term ended: a state of not knowing where no touch was ever recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark, open_entry, publish
from banso_web.core.models import Entry
from banso_web.touch.models import Touch
from banso_web.touch.reads import last_touches, touched_between

pytestmark = pytest.mark.django_db


def asked() -> Asked:
    return Asked(as_of=clock.today(), today=clock.today(), watermark=current_watermark())


def touch(account: Account, at: datetime) -> None:
    entry = open_entry(kind=Entry.Kind.ACTION)
    Touch.objects.create(
        code=f"T{at.isoformat()}",
        account=account,
        at=at,
        kind="call",
        recorded_at=at,
        known_basis="system",
        entry=entry,
    )
    publish(entry)


def test_without_any_touch_it_is_unknown_not_untouched() -> None:
    account = Account.objects.create(code="A1", name="A1", live=True)
    assert touched_between([account.pk], date(2026, 1, 1), date(2026, 11, 1), asked()) is None


def test_days_are_japans_days() -> None:
    account = Account.objects.create(code="A1", name="A1", live=True)
    touch(account, datetime(2026, 10, 31, 15, 30, tzinfo=UTC))  # 11/1 in Japan
    assert last_touches(asked()) == {account.pk: date(2026, 11, 1)}
    assert touched_between([account.pk], date(2026, 10, 1), date(2026, 10, 31), asked()) == set()
    assert touched_between([account.pk], date(2026, 11, 1), date(2026, 11, 1), asked()) == {account.pk}
