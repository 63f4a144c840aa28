"""Current rows catch up: after a crash between publishing and projecting, and when a dated change's day comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from banso_web.accounts.actions.editing import edit_account
from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import open_entry, publish, write_state
from banso_web.core.facts.mending import mend_entries, turn_of_day
from banso_web.core.models import Entry
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db


def new_account(code: str) -> tuple[Account, Entry]:
    entry = open_entry(kind=Entry.Kind.IMPORT)
    account = Account.objects.create(code=code, name=code, entry=entry)
    write_state("account", account.pk, {"name": "青葉商事"}, entry=entry)
    publish(entry)
    return account, entry


def test_an_entry_cut_off_before_its_projection_is_finished_later() -> None:
    account, _entry = new_account("A1")
    assert not Account.objects.get(pk=account.pk).live
    assert mend_entries() == 1
    assert Account.objects.get(pk=account.pk).live
    assert Account.objects.get(pk=account.pk).name == "青葉商事"
    assert mend_entries() == 0


def test_a_dated_change_shows_when_its_day_comes(
    person: Callable[[str], Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, _entry = new_account("A1")
    mend_entries()
    tomorrow = clock.today() + timedelta(days=1)
    edit_account(account.pk, {"segment": "ロータッチ"}, actor=person("tanaka"), valid_from=tomorrow)
    assert Account.objects.get(pk=account.pk).segment == ""
    assert turn_of_day() == 0

    def later() -> date:
        return tomorrow

    monkeypatch.setattr(clock, "today", later)
    assert turn_of_day() == 1
    assert Account.objects.get(pk=account.pk).segment == "ロータッチ"
