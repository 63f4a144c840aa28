"""休業日: days on which the company is closed, beside weekends and national holidays."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso.periods import year_end_closures
from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.models import Closure

if TYPE_CHECKING:
    from banso_web.members.models import Member


def _allowed(actor: Member) -> None:
    if not actor.may("settings.edit"):
        raise Forbidden(_("休業日を変える権限がありません。データは変わっていません。"))


def add_closures(actor: Member, days: dict[date, str]) -> int:
    """Add days with their names; days that stand already keep theirs. Returns how many were added."""
    _allowed(actor)
    if any(len(name) > 100 for name in days.values()):
        raise Refused(_("名前は100文字までです。追加していません。"), code="bad_name")
    with transaction.atomic():
        there = set(Closure.objects.filter(on__in=list(days)).values_list("on", flat=True))
        new = {day: name for day, name in sorted(days.items()) if day not in there}
        if new:
            Closure.objects.bulk_create([Closure(on=day, name=name) for day, name in new.items()])
            audit.record(
                "closure.add", actor=actor, subject="closure", label=", ".join(day.isoformat() for day in new),
                new={day.isoformat(): name for day, name in new.items()},
            )  # fmt: skip
    return len(new)


def add_year_end(actor: Member, year: int) -> int:
    """12/29 of the year to 1/3 of the next, weekends included (they are closed in any case)."""
    return add_closures(actor, year_end_closures([year]))


def remove_closure(actor: Member, closure_id: int) -> Closure:
    """Open the company on that day again; the audit log keeps what it was."""
    _allowed(actor)
    return _removed(actor, Closure.objects.filter(pk=closure_id).first())


def remove_closure_on(actor: Member, on: date) -> Closure:
    """The same by the day; 404 for a day that is not closed."""
    _allowed(actor)
    return _removed(actor, Closure.objects.filter(on=on).first())


def _removed(actor: Member, closure: Closure | None) -> Closure:
    if closure is None:
        raise NotVisible
    with transaction.atomic():
        audit.record(
            "closure.remove", actor=actor, subject="closure", label=closure.on.isoformat(),
            old={closure.on.isoformat(): closure.name},
        )  # fmt: skip
        Closure.objects.filter(pk=closure.pk).delete()
    return closure
