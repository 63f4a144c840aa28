"""Edits that hold from an earlier day, their undo, and edits of two people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from banso_web.accounts.actions import editing, stating
from banso_web.accounts.models import Account
from banso_web.core.errors import Conflict
from banso_web.core.facts import current_watermark, open_entry, project, publish, states_at, write_state
from banso_web.core.models import AuditRow, Entry
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db
Person = Callable[[str], Member]


@pytest.fixture
def account() -> Account:
    """SMB from the beginning, エンタープライズ since June."""
    entry = open_entry(kind=Entry.Kind.IMPORT)
    made = Account.objects.create(code="A1", name="青葉商事", entry=entry)
    write_state("account", made.pk, {"name": "青葉商事", "segment": "SMB"}, entry=entry)
    june = {"segment": "エンタープライズ"}
    write_state("account", made.pk, june, entry=entry, valid_from=date(2026, 6, 1))
    publish(entry)
    project("account", [made.pk], entry=entry)
    return Account.objects.get(pk=made.pk)


def segment(account: Account, day: date) -> object:
    return states_at("account", as_of=day, watermark=current_watermark(), ids=[account.pk])[account.pk][
        "segment"
    ]


def test_an_edit_from_an_earlier_day_counts_from_it_though_today_says_the_same(
    account: Account, person: Person
) -> None:
    april = date(2026, 4, 1)
    done = editing.edit_account(
        account.pk, {"segment": "エンタープライズ"}, actor=person("tanaka"), valid_from=april
    )
    assert done.changed == 1
    assert segment(account, april) == "エンタープライズ"
    assert segment(account, date(2026, 3, 31)) == "SMB"
    (row,) = AuditRow.objects.filter(action="account.edit")
    assert (row.old, row.new) == ({"segment": "SMB"}, {"segment": "エンタープライズ"})
    assert (
        editing.edit_account(
            account.pk, {"segment": "エンタープライズ"}, actor=person("tanaka"), valid_from=april
        ).changed
        == 0
    )
    assert done.entry_id is not None
    editing.undo_edit(done.entry_id, actor=person("tanaka"))
    assert (segment(account, april), segment(account, date(2026, 6, 1))) == ("SMB", "エンタープライズ")


def test_an_undo_without_its_audit_row_does_not_stand(
    account: Account, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = editing.edit_account(account.pk, {"segment": "新"}, actor=person("tanaka"))
    assert done.entry_id is not None

    def broken(*_arguments: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(editing.audit, "record", broken)
    with pytest.raises(RuntimeError):
        editing.undo_edit(done.entry_id, actor=person("tanaka"))
    assert Entry.objects.get(pk=done.entry_id).voided_seq is None


def test_the_second_of_two_who_edit_at_once_is_told(
    account: Account, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = editing.latest_entry(account.pk)
    check = editing.check_links

    def slowly(*arguments: object) -> None:
        monkeypatch.setattr(editing, "check_links", check)
        editing.edit_account(account.pk, {"segment": "先"}, actor=person("tanaka"), seen_entry=seen)
        check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(editing, "check_links", slowly)
    with pytest.raises(Conflict):
        editing.edit_account(account.pk, {"segment": "後"}, actor=person("tanaka"), seen_entry=seen)
    assert Account.objects.get(pk=account.pk).segment == "先"


def test_an_edit_cut_off_before_the_current_row_is_mended(
    account: Account, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from banso_web.core.facts.mending import mend_entries

    def dying(*_arguments: object, **_more: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(stating, "project", dying)
        with pytest.raises(RuntimeError):
            editing.edit_account(account.pk, {"segment": "新"}, actor=person("tanaka"))
    assert Account.objects.get(pk=account.pk).segment == "エンタープライズ"
    mend_entries()
    assert Account.objects.get(pk=account.pk).segment == "新"
