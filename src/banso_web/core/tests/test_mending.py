"""Current rows catch up: after a crash between publishing and projecting, and when a dated change's day comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from banso_web.accounts.actions.editing import edit_account
from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import open_entry, publish, states, write_state
from banso_web.core.facts.mending import FOLLOWS, mend_entries, turn_of_day
from banso_web.core.models import Entry, PeriodicRun
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


def test_what_a_person_saves_while_a_long_import_follows_is_not_overwritten(
    person: Callable[[str], Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _one = new_account("A1")
    second, _two = new_account("A2")
    mend_entries()
    imported = open_entry(kind=Entry.Kind.IMPORT)
    for account in (first, second):
        write_state("account", account.pk, {"segment": "ロータッチ"}, entry=imported)
    publish(imported)
    monkeypatch.setattr(states, "CHUNK", 1)
    project_accounts, saved = states._projections["account"], []

    def then_a_person_saves(ids: Sequence[int], values: dict[int, states.Values]) -> None:
        project_accounts(ids, values)
        if not saved:
            saved.append(second.pk)
            edit_account(second.pk, {"segment": "ハイタッチ"}, actor=person("tanaka"))

    monkeypatch.setitem(states._projections, "account", then_a_person_saves)
    states.project_entry(imported)
    assert Account.objects.get(pk=first.pk).segment == "ロータッチ"
    assert Account.objects.get(pk=second.pk).segment == "ハイタッチ"


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


@pytest.mark.parametrize("days_off", [3, 10, 60])
def test_days_on_which_banso_stood_still_are_made_up_for(
    person: Callable[[str], Member], monkeypatch: pytest.MonkeyPatch, days_off: int
) -> None:
    account, _entry = new_account("A1")
    mend_entries()
    stopped = clock.today()
    PeriodicRun.objects.create(key=f"{FOLLOWS}:{stopped.isoformat()}", started_at=clock.now())
    edit_account(
        account.pk, {"segment": "ロータッチ"}, actor=person("tanaka"), valid_from=stopped + timedelta(days=1)
    )
    back = stopped + timedelta(days=days_off)
    monkeypatch.setattr(clock, "today", lambda: back)
    PeriodicRun.objects.create(key=f"{FOLLOWS}:{back.isoformat()}", started_at=clock.now())  # today's own
    assert turn_of_day() == 1
    assert Account.objects.get(pk=account.pk).segment == "ロータッチ"
