"""Editing a customer: one dated version, the current row, the audit row. Used by page, API and bulk edit alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso.names import corporate_number
from banso_web.accounts.access import access_account, access_accounts, require_edit, require_edit_each
from banso_web.accounts.actions.stating import Times, current, differences, latest, require_latest, state
from banso_web.accounts.models import Account, Excluded
from banso_web.core import audit, clock
from banso_web.core.bulk import insert_rows
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import new_entry, project, void
from banso_web.core.models import Entry, Known, StateVersion

if TYPE_CHECKING:
    from banso_web.members.models import Member

EDITABLE = Account.STATE_FIELDS
TOUCHES = ("high", "low", "tech")
BULK_LIMIT = 5_000


@dataclass(frozen=True)
class Edited:
    """What an edit did: the entry (its undo), and how many accounts changed."""

    entry_id: int | None
    changed: int


def _clean_one(field: str, value: Any) -> Any:
    if field in ("owner_id", "deputy_id", "parent_id", "employees"):
        return None if value in ("", None) else int(value)
    if field in ("fiscal_month", "budget_month"):
        month = None if value in ("", None) else int(value)
        if month is not None and not 1 <= month <= 12:
            raise ValueError(_("1 から 12 の月を入れてください。"))
        return month
    if field == "started_on":
        return None if value in ("", None) else date.fromisoformat(str(value)).isoformat()
    if field == "community":
        return value in (True, "1", "on", "true")
    text = str(value or "").strip()
    if field == "name" and not text:
        raise ValueError(_("顧客名は空にできません。"))
    if field == "touch" and not set(filter(None, text.split(";"))) <= set(TOUCHES):
        raise ValueError(_("ハイ・ロー・テックから選んでください。"))
    if field == "excluded" and text not in ("", *Excluded.values):
        raise ValueError(_("除外区分にない値です。"))
    if field == "corporate_number" and text:
        found = corporate_number(text)
        if not found.valid:
            raise ValueError(_("法人番号の検査数字が合いません。13桁をもう一度確かめてください。"))
        return found.number
    return text


def clean(values: dict[str, Any]) -> dict[str, Any]:
    """Typed, JSON-ready values, or Refused with a message per field. Unknown fields are refused by name."""
    cleaned, problems = {}, {}
    for field, value in values.items():
        if field not in EDITABLE:
            problems[field] = _("編集できない項目です。")
            continue
        try:
            cleaned[field] = _clean_one(field, value)
        except (ValueError, TypeError) as problem:
            problems[field] = str(problem) if str(problem)[:1] > "~" else _("この値は読み取れません。")
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    return cleaned


def check_links(account_ids: Collection[int], values: dict[str, Any]) -> None:
    """Owner, deputy and parent exist and may be one. As many queries as the parent has parents, whatever the accounts."""
    from banso_web.members.reads import assignable

    for field in ("owner_id", "deputy_id"):
        if values.get(field) is not None and not assignable(values[field]):
            raise Refused(
                _("そのメンバーは担当にできません。何も保存していません。"),
                fields={field: _("在籍中のメンバーを選んでください。")},
            )
    parent, seen = values.get("parent_id"), set(account_ids)
    if parent is not None and not Account.objects.filter(pk=parent, live=True).exists():
        raise Refused(
            _("親会社が見つかりません。何も保存していません。"),
            fields={"parent_id": _("別の会社を選んでください。")},
        )
    while parent is not None:
        if parent in seen:
            raise Refused(
                _("親会社が自分自身に戻ってしまいます。何も保存していません。"),
                fields={"parent_id": _("別の会社を選んでください。")},
            )
        seen.add(parent)
        parent = Account.objects.filter(pk=parent).values_list("parent_id", flat=True).first()


def edit_account(
    account_id: int,
    values: dict[str, Any],
    *,
    actor: Member,
    reason: str = "",
    valid_from: date | None = None,
    recorded_on: date | None = None,
    seen_entry: int | None = None,
) -> Edited:
    """Change fields of a customer from a day on (today unless given), known since `recorded_on` (now unless given).

    404 when the actor may not see it, 403 when they may not edit it, Refused with a message per field for values that
    cannot stand, Conflict when `seen_entry` (the latest entry the form was made from) is no longer the latest.
    Saving what is there already writes nothing.
    """
    account = access_account(actor, account_id)
    require_edit(actor, account)
    require_latest("account", account.pk, seen_entry)
    cleaned = clean(values)
    day = valid_from or clock.today()
    old, new = differences(account, cleaned, day)
    if not new:
        return Edited(None, 0)
    check_links([account.pk], new)
    done = state(
        account,
        new,
        old=old,
        action="account.edit",
        label=account.name,
        actor=actor,
        times=Times(valid_from, recorded_on, reason),
        valid_from=day,
        seen=seen_entry,
    )
    return Edited(done.entry_id, 1)


def edit_many(
    account_ids: Sequence[int], values: dict[str, Any], *, actor: Member, reason: str = ""
) -> Edited:
    """Bulk edit: one entry for all, so that one undo takes it back. All or nothing: one account the actor may not edit
    refuses the whole."""
    if len(account_ids) > BULK_LIMIT:
        raise Refused(_("一度に変更できるのは5,000社までです。何も保存していません。"), code="too_many")
    cleaned = clean(values)
    accounts = access_accounts(actor, account_ids)
    require_edit_each(actor, accounts)
    check_links([account.pk for account in accounts], cleaned)
    changes = [change for account in accounts if (change := _difference(account, cleaned))["new"]]
    if not changes:
        return Edited(None, 0)
    now, day = clock.now(), clock.today()
    with new_entry(label="account.edit_many", reason=reason, actor=actor) as entry:
        insert_rows(
            StateVersion,
            (
                {
                    "subject": "account",
                    "subject_id": change["subject_id"],
                    "values": change["new"],
                    "valid_from": day,
                    "recorded_at": now,
                    "known_basis": Known.SYSTEM,
                    "entry_id": entry.pk,
                }
                for change in changes
            ),
        )
        audit.record_many("account.edit", changes, actor=actor, subject="account", reason=reason, entry=entry)
    project("account", [change["subject_id"] for change in changes], entry=entry)
    return Edited(entry.pk, len(changes))


def _difference(account: Account, cleaned: dict[str, Any]) -> dict[str, Any]:
    """What an edit changes of one account, as its audit row says it."""
    old = current(account, tuple(cleaned))
    new = {field: value for field, value in cleaned.items() if old[field] != value}
    return {
        "subject_id": account.pk,
        "label": account.name,
        "old": {field: old[field] for field in new},
        "new": new,
    }


def undo_edit(entry_id: int, *, actor: Member) -> int:
    """Take back one's own edit (or anybody's, with the right to edit all): the versions beneath show again."""
    entry = Entry.objects.filter(
        pk=entry_id, kind=Entry.Kind.ACTION, label__startswith="account.edit"
    ).first()
    if entry is None or entry.voided_seq is not None:
        raise Refused(_("元に戻せる変更が見つかりません。"), code="nothing_to_undo")
    if entry.actor_id != actor.pk and not actor.may("account.edit_all"):
        raise Forbidden(_("ほかの人の変更は元に戻せません。データは変わっていません。"))
    ids = sorted(set(entry.versions.filter(subject="account").values_list("subject_id", flat=True)))
    require_edit_each(actor, access_accounts(actor, ids))
    with transaction.atomic():
        void(entry, actor=actor, reason="undo")
        audit.record(
            "account.undo",
            actor=actor,
            subject="entry",
            subject_id=entry.pk,
            new={"accounts": ids},
            entry=entry,
        )
    project("account", ids, entry=entry)
    return len(ids)


def latest_entry(account_id: int) -> int:
    """The latest effective entry with a version of the account: what an edit form must still be standing on."""
    return latest("account", account_id)
