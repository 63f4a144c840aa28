"""能動ヒアリング: somebody is asked to speak to customers of their own accord, one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from django.utils.translation import gettext as _

from banso_web.accounts.access import access_accounts, require_edit_each
from banso_web.accounts.actions.editing import BULK_LIMIT
from banso_web.accounts.actions.stating import tell
from banso_web.core import audit, clock
from banso_web.core.bulk import insert_rows
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark, new_entry
from banso_web.core.models import Known
from banso_web.core.reads.calendar import calendar
from banso_web.lifecycle.models import HEARING, Task
from banso_web.lifecycle.reads import open_hearings
from banso_web.members.reads import assignable_codes, codes_by_id

if TYPE_CHECKING:
    from banso_web.members.models import Member

DUE_DAYS = 5  # business days, the first not counted


@dataclass(frozen=True)
class Assigned:
    """entry_id: its undo (None where nothing was made). already: customers that have an open one."""

    entry_id: int | None
    made: int
    already: int


def assign_hearings(account_ids: Sequence[int], *, actor: Member, owner: str = "") -> Assigned:
    """One task 能動ヒアリング for each of these customers, due in five business days; one entry, so one undo.

    owner: a member's code; empty gives each to its 主担当 (to the actor where there is none). 404 for a customer not to be seen, 403
    where one of them is not to be edited; Refused for none, too many, or an owner nobody is. A customer with an open one gets no other.
    """
    if not account_ids or len(set(account_ids)) > BULK_LIMIT:
        raise Refused(
            _("割り当てる顧客を1社から5,000社まで選んでください。何も変えていません。"), code="none_chosen"
        )
    if owner and owner not in dict(assignable_codes()):
        problem = _("このメンバーには割り当てられません。一覧から選んでください。")
        raise Refused(
            _("入力を確かめてください。何も保存していません。"), code="invalid", fields={"owner": problem}
        )
    accounts = access_accounts(actor, account_ids)
    require_edit_each(actor, accounts)
    today = clock.today()
    has = open_hearings(Asked(today, today, current_watermark()), [account.pk for account in accounts])
    todo = [account for account in accounts if account.pk not in has]
    if not todo:
        return Assigned(None, 0, len(accounts))
    codes = {key: code for key, (code, _name) in codes_by_id({account.owner_id for account in todo}).items()}
    due, title = calendar().add(today, DUE_DAYS), _("能動ヒアリング")
    with new_entry(label="task.assign", actor=actor) as entry:
        rows = [
            {
                "code": f"{HEARING}{uuid4().hex}",
                "account_id": account.pk,
                "title": title,
                "owner": owner or codes.get(account.owner_id, actor.code),
                "due_on": due,
                "state": "open",
                "recorded_at": clock.now(),
                "known_basis": Known.SYSTEM,
                "entry_id": entry.pk,
            }
            for account in todo
        ]
        insert_rows(Task, rows)
        told = [
            {
                "subject_id": account.pk,
                "label": account.name,
                "old": {},
                "new": {"title": title, "owner": row["owner"], "due_on": due.isoformat()},
            }
            for account, row in zip(todo, rows, strict=True)
        ]
        audit.record_many("task.assign", told, actor=actor, subject="account", entry=entry)
    tell(entry.pk)
    return Assigned(entry.pk, len(todo), len(accounts) - len(todo))
