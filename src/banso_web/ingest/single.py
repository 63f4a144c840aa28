"""One fact written by hand: entered, corrected by a newer row, taken back. The checks are those of an import.

Each is an action of a person (not an import), so a later import of the same file leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _

from banso_web.accounts.access import may_edit, visible_accounts, visible_contracts
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.around import strangers_to
from banso_web.accounts.reads.facts import access_fact, customer_of, require_sight
from banso_web.core import audit, clock
from banso_web.core.bulk import insert_rows
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.facts import Asked, FactKind, current_watermark, hold_watermark, new_entry
from banso_web.core.imports import Context, HappeningHandler, Outcome, Problem, Row, later
from banso_web.core.models import Entry, Known
from banso_web.core.registry import registry
from banso_web.ingest.belonging import OTHER, people_column, people_in
from banso_web.ingest.checking import new_context
from banso_web.ingest.columns import columns_of
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.rows import bind_keys
from banso_web.ingest.words import fix_text, reason_text

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member

IMPORT = "import.run"


@dataclass(frozen=True)
class Written:
    """What a write did. `changed` False: it stood there already, and nothing was written."""

    code: str
    changed: bool
    entry: int | None


def _now() -> Asked:
    today = clock.today()
    return Asked(as_of=today, today=today, watermark=current_watermark())


def require_write(actor: Member, kind: FactKind, account: Account | None) -> None:
    """403 unless the actor may import, or may edit the customer that a fact of this kind belongs to."""
    if actor.may(IMPORT) or (kind.own and account is not None and may_edit(actor, account)):
        return
    raise Forbidden(_("この記録を書く権限がありません。データは変わっていません。"))


def _handler(kind: FactKind) -> HappeningHandler[Any]:
    made = registry.file_handlers[kind.key]()
    assert isinstance(made, HappeningHandler)
    made.by_hand = True
    return made


def plain(value: Any) -> Any:
    """A typed value as a cell, for the reader that reads files."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ";".join(str(one) for one in value)
    return format(value, "f") if isinstance(value, Decimal) else value


def _typed(kind: FactKind, values: Mapping[str, Any], custom: Mapping[str, str] | None) -> Row:
    found = bind_keys(FILES[kind.key], list(values), [plain(value) for value in values.values()])
    if isinstance(found, Problem):
        raise _refusal(found)
    found.custom.update({key: str(text).strip() for key, text in (custom or {}).items()})
    return found


def _refusal(problem: Problem) -> Refused:
    words = f"{reason_text(problem.code, problem.detail)} {fix_text(problem.code, problem.detail)}"
    return Refused(
        _("入力を確かめてください。何も保存していません。"),
        code=problem.code,
        fields={problem.column or "values": words},
    )


def _look(kind: FactKind, row: Row) -> tuple[str, Outcome, int]:
    """(the fact's id, what writing would do, the watermark of the look), by the checks of an import.

    Refused where it cannot be taken. Nothing is held meanwhile: a look may take its time.
    """
    handler, context = _handler(kind), new_context(known="now")
    (result,) = handler.look([row], context)
    problems, _copies = handler.close(context)
    for problem in (result, *problems):
        if isinstance(problem, Problem):
            raise _refusal(problem)
    for reference, column in (
        ("accounts", "account_id"),
        ("contracts", "contract_id"),
        ("contacts", "contact_id"),
    ):
        if context.missing.get(reference):
            words = _("このIDのものはありません。先に登録してください。")
            raise Refused(
                _("入力を確かめてください。何も保存していません。"),
                code="unknown_reference",
                fields={column: words},
            )
    assert isinstance(result, Outcome)
    return handler.code(row), result, context.watermark


def _ask(kind: FactKind, row: Any | None, wanted: Row | None) -> None:
    if kind.may_change is not None:
        kind.may_change(row, wanted)


def _write(kind: FactKind, row: Row, context: Context, looked: int) -> None:
    """The row under the context's entry, whose watermark is held; what came since the look may have taken its ground."""
    assert context.entry is not None
    handler = _handler(kind)
    handler.write([row], context)
    handler.finish(context)
    if context.watermark != looked and handler.settle(context.entry):
        text = _("ほかの変更で、この記録の前提が変わりました。読み直してください。データは変わっていません。")
        raise Conflict(text, code="stale")
    for step in later:
        after = 0
        while (done := step.step(context, after)) is not None:
            after = done[0]


def _shown(entry: Entry) -> None:
    """Figures that stand on the entry follow it, as after an import."""
    for hook in registry.after_publish:
        hook(entry.pk)


def _said(kind: FactKind, row: Any) -> dict[str, Any]:
    """What the audit log keeps of a row: no free text and nothing that needs a right of its own."""
    kept = {}
    for name in _handler(kind).attrs:
        column = kind.model._meta.get_field(name.removesuffix("_id"))
        if not isinstance(column, models.TextField) and name not in kind.hidden and name != "derived":
            value = getattr(row, name)
            kept[name] = str(value) if isinstance(value, date | Decimal) else value
    return kept


def _record(deed: str, kind: FactKind, actor: Member, entry: Entry, reason: str, *rows: Any) -> None:
    before, after = (_said(kind, row) if row is not None else {} for row in rows)
    audit.record(
        f"{kind.singular}.{deed}",
        actor=actor,
        subject=kind.singular,
        subject_id=(rows[1] or rows[0]).pk,
        label=(rows[1] or rows[0]).code,
        old={key: value for key, value in before.items() if after.get(key) != value},
        new={key: value for key, value in after.items() if before.get(key) != value},
        reason=reason,
        entry=entry,
    )


def _customer_named(actor: Member, kind: FactKind, row: Row) -> Account | None:
    """The customer a new fact names; Refused for one the actor does not see or that does not exist."""
    if not kind.account:
        return None
    if kind.account == "account":
        found = visible_accounts(actor).filter(code=row.values["account_id"]).first()
        column = "account_id"
    else:  # by its contract
        found = visible_accounts(actor).filter(contracts__code=row.values["contract_id"]).first()
        column = "contract_id"
    if found is None:
        words = _("このIDのものはありません。先に登録してください。")
        raise Refused(
            _("入力を確かめてください。何も保存していません。"),
            code="unknown_reference",
            fields={column: words},
        )
    if kind.account == "account" and row.get("contract_id"):
        _require_contract_of(found, actor, row.values["contract_id"])
    _require_people_of(found, kind, row)
    return found


def _require_people_of(account: Account | None, kind: FactKind, row: Row, kept: Collection[str] = ()) -> None:
    """Refused for people of a customer who has nothing to do with this one; `kept`: who stands there already."""
    column = people_column(kind)
    codes = people_in(row.get(column)) - set(kept)
    if account is None or not codes or not strangers_to(account.pk, codes, current_watermark()):
        return
    raise Refused(
        _("入力を確かめてください。何も保存していません。"),
        code=OTHER,
        fields={column: _("この顧客の担当者ではない人が入っています。")},
    )


def _require_contract_of(account: Account, actor: Member, code: str) -> None:
    """Refused for a contract that is not the customer's: who may write for one customer writes for no other."""
    own = visible_contracts(actor).filter(code=code).values_list("account_id", flat=True).first()
    if own is None:
        words = _("このIDのものはありません。先に登録してください。")
    elif merges(current_watermark()).get(own, own) != account.pk:
        words = _("この契約はほかの顧客のものです。契約と顧客を確かめてください。")
    else:
        return
    raise Refused(
        _("入力を確かめてください。何も保存していません。"),
        code="unknown_reference" if own is None else OTHER,
        fields={"contract_id": words},
    )


def add_fact(
    kind: FactKind,
    values: Mapping[str, Any],
    *,
    actor: Member,
    reason: str = "",
    custom: Mapping[str, str] | None = None,
) -> Written:
    """Enter one fact by its canonical columns. The same again changes nothing; another one under its id is a Conflict."""
    require_sight(actor, kind)
    row = _typed(kind, values, custom)
    require_write(actor, kind, _customer_named(actor, kind, row))
    _ask(kind, None, row)
    code, outcome, looked = _look(kind, row)
    if outcome is Outcome.SAME:
        return Written(code, False, None)
    if outcome is Outcome.CHANGED:
        text = _(
            "このIDの記録はすでにあり、内容が違います。直すときは PATCH を使ってください。何も保存していません。"
        )
        raise Conflict(text, code="exists")
    with new_entry(label=f"{kind.singular} {code}", reason=reason, actor=actor) as entry:
        hold_watermark()
        if kind.rows(_now()).filter(code=code).exists():
            raise Conflict(_("同じIDの記録が、いま登録されました。何も保存していません。"), code="exists")
        _write(kind, row, new_context(known="now", entry=entry), looked)
        made = kind.model._default_manager.filter(entry=entry, code=code).latest("pk")
        _record("add", kind, actor, entry, reason, None, made)
    _shown(entry)
    return Written(code, True, entry.seq)


def _standing(actor: Member, kind: FactKind, code: str, seen: int | None) -> Any:
    """The row that counts, held against other writers; Conflict when it is not the one that was seen."""
    row = access_fact(actor, kind, _now(), code)
    if seen is not None and row.pk != seen:
        text = _(
            "ほかの人が先に変更しました。読み直してから、もう一度送ってください。データは変わっていません。"
        )
        raise Conflict(text, code="stale")
    return row


def correct_fact(
    kind: FactKind,
    code: str,
    values: Mapping[str, Any],
    *,
    actor: Member,
    reason: str = "",
    seen: int | None = None,
    custom: Mapping[str, str] | None = None,
) -> Written:
    """Correct columns of one fact: a newer row under its id counts from now on; what was read before stays as it was.

    `seen`: the id of the row the caller has read. 404 for a fact that is not the actor's to see.
    """
    row = _standing(actor, kind, code, seen)
    account = customer_of(actor, kind, row, _now())
    require_write(actor, kind, account)
    before = columns_of(kind, row)
    typed = _typed(kind, {**before, **values}, custom)
    _require_people_of(account, kind, typed, people_in(before.get(people_column(kind))))
    own, outcome, looked = _look(kind, typed)
    if own != row.code:
        raise Refused(
            _("記録のIDは変えられません。取り消して、登録し直してください。"), code="other_identity"
        )
    _ask(kind, row, typed)
    if outcome is Outcome.SAME:
        return Written(own, False, None)
    with new_entry(label=f"{kind.singular} {own}", reason=reason, actor=actor) as entry:
        hold_watermark()
        _standing(actor, kind, code, row.pk)
        _write(kind, typed, new_context(known="now", entry=entry), looked)
        made = kind.model._default_manager.filter(entry=entry, code=own).latest("pk")
        _record("correct", kind, actor, entry, reason, row, made)
    _shown(entry)
    return Written(own, True, entry.seq)


def void_fact(kind: FactKind, code: str, *, actor: Member, reason: str, seen: int | None = None) -> Written:
    """Take one fact back from now on: a void row under its id. What was read at earlier watermarks stays as it was."""
    if not reason.strip():
        words = _("理由を書いてください。")
        raise Refused(
            _("入力を確かめてください。何も保存していません。"),
            code="reason_needed",
            fields={"reason": words},
        )
    row = _standing(actor, kind, code, seen)
    require_write(actor, kind, customer_of(actor, kind, row, _now()))
    with new_entry(label=f"{kind.singular} {row.code}", reason=reason, actor=actor) as entry:
        hold_watermark()
        _standing(actor, kind, code, row.pk)
        _ask(kind, row, None)
        fact = {name: getattr(row, name) for name in _handler(kind).attrs}
        fact |= {
            "code": row.code,
            "recorded_at": clock.now(),
            "known_basis": Known.SYSTEM,
            "entry_id": entry.pk,
            "contested": True,
            "is_void": True,
        }
        insert_rows(kind.model, [fact])
        kind.model._default_manager.filter(code=row.code).update(contested=True)
        _record("void", kind, actor, entry, reason, row, None)
    _shown(entry)
    return Written(row.code, True, entry.seq)
