"""What every change of a customer's things shares: when it was known, whether the form still stands on the latest version,
what differs, the dated version with its audit row, and the figures that follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.accounts.access import access_account
from banso_web.accounts.models import Account
from banso_web.core import audit, clock
from banso_web.core.errors import Conflict, Refused
from banso_web.core.facts import current_watermark, history, new_entry, project, timelines, write_state
from banso_web.core.imports import Context, later, start_of
from banso_web.core.models import Entry, Known
from banso_web.core.models.fact import StateRow
from banso_web.core.registry import registry

if TYPE_CHECKING:
    from banso_web.members.models import Member

Values = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """What an action did: the thing's internal id, and the entry (its undo; None where nothing differed)."""

    id: int
    entry_id: int | None


@dataclass(frozen=True)
class Times:
    """The two times and the reason of a change. `valid_from`: from which day it is so (None: today). `recorded_on`: the
    day on which the company knew it (None: now). Both may lie in the past; what is known cannot lie ahead."""

    valid_from: date | None = None
    recorded_on: date | None = None
    reason: str = ""

    @property
    def day(self) -> date:
        return self.valid_from or clock.today()

    def known(self) -> tuple[datetime, str]:
        """(recorded_at, known_basis); Refused for a day that has not come."""
        today = clock.today()
        if self.recorded_on is None or self.recorded_on == today:
            return clock.now(), Known.SYSTEM
        if self.recorded_on > today:
            raise Refused(
                _("入力を確かめてください。何も保存していません。"),
                code="invalid",
                fields={"recorded_on": _("「いつ分かりましたか」に未来の日は入れられません。")},
            )
        return start_of(self.recorded_on), Known.CLAIMED


NOW = Times()


def invalid(**problems: str) -> Refused:
    """A refusal with a message per field."""
    return Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=dict(problems))


def home_of(actor: Member, account_id: int) -> Account:
    """The customer that a thing of `account_id` is seen under (after 名寄せ), or 404."""
    seen: set[int] = set()
    step: int | None = account_id
    while step is not None and step not in seen:
        seen.add(step)
        account_id = step
        step = Account.objects.filter(pk=step).values_list("merged_into_id", flat=True).first()
    return access_account(actor, account_id)


def latest(subject: str, subject_id: int) -> int:
    """The latest entry with a standing version of the thing (0: none): what an edit form is made from."""
    versions = history(subject, subject_id, watermark=current_watermark())
    return versions[-1].entry_id if versions else 0


def require_latest(subject: str, subject_id: int, seen: int | None) -> None:
    """Conflict where the form was made from an older (or undone) version."""
    if seen is not None and latest(subject, subject_id) != seen:
        raise stale()


def stale() -> Conflict:
    return Conflict(
        _(
            "ほかの人が先に変更しました。何も保存していません。画面を開き直し、内容を確かめてから保存してください。"
        ),
        code="stale",
    )


def current(row: StateRow, fields: Sequence[str]) -> Values:
    """Today's values as versions keep them."""
    found = {field: getattr(row, field) for field in fields}
    return {field: value.isoformat() if isinstance(value, date) else value for field, value in found.items()}


def differences(row: StateRow, cleaned: Values, day: date) -> tuple[Values, Values]:
    """(what held, what is stated anew) from a day on. A field is stated where it differs on that day or on a later one,
    so that an earlier day is corrected even where today says the same already."""
    if day == clock.today():
        old = current(row, tuple(cleaned))
        return old, {field: value for field, value in cleaned.items() if old[field] != value}
    first = day.toordinal()
    stated = timelines(row.STATE, tuple(cleaned), watermark=current_watermark(), ids=[row.pk])
    old, new = {}, {}
    for field, value in cleaned.items():
        old[field] = stated[field].at(row.pk, first)
        held = [one for _start, end, one in stated[field].spans(row.pk) if end > first]
        if any((one or None) != (value or None) for one in held or [None]):
            new[field] = value
    return old, new


def state(
    row: StateRow,
    new: Values,
    *,
    old: Values,
    action: str,
    label: str,
    actor: Member,
    times: Times,
    valid_from: date | None,
    seen: int | None = None,
    also: Callable[[Entry], None] | None = None,
    beside: Callable[[Entry], None] | None = None,
) -> Done:
    """Write one version of a thing with its audit row, and what hangs on it, as one entry.

    `also(entry)` writes further versions before, `beside(entry)` what goes with them after the apps above have derived
    theirs (the movement of an end), both in the same transaction. Of two who save at once the second waits
    and is told (Conflict).
    """
    recorded_at, basis = times.known()
    with new_entry(label=action, reason=times.reason, actor=actor) as entry:
        type(row)._default_manager.select_for_update().get(pk=row.pk)
        require_latest(row.STATE, row.pk, seen)
        if new:
            write_state(
                row.STATE,
                row.pk,
                new,
                entry=entry,
                valid_from=valid_from,
                recorded_at=recorded_at,
                known_basis=basis,
            )
        if also is not None:
            also(entry)
        audit.record(
            action,
            actor=actor,
            subject=row.STATE,
            subject_id=row.pk,
            label=label,
            old={field: old.get(field) for field in new},
            new=new,
            reason=times.reason,
            entry=entry,
        )
        if row.STATE == "contract":
            derive(entry)
        if beside is not None:
            beside(entry)
    show(row.STATE, row.pk, entry)
    return Done(row.pk, entry.pk)


def derive(entry: Entry) -> None:
    """Bring what the apps above make from an unpublished entry's facts in step with it (derived movements)."""
    context = Context(now=clock.now(), today=clock.today(), watermark=current_watermark(), entry=entry)
    for work in later:
        after = 0
        while (done := work.step(context, after)) is not None:
            after = done[0]


def show(subject: str, subject_id: int, entry: Entry) -> None:
    """Bring the current rows and the figures that stand on the entry up to date."""
    project(subject, [subject_id], entry=entry, notify=subject == "account")
    if subject == "contract":
        tell(entry.pk)


def tell(entry_id: int) -> None:
    """The apps above hear of an entry as they hear of an import: figures, last touches, stale days."""
    for hook in registry.after_publish:
        hook(entry_id)
