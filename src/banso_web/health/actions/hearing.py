"""What an entry changes of health: whose, and from which day on. A few accounts are computed at once, the past by the next night."""

from __future__ import annotations

from datetime import date

from django.db.models import Min

from banso_web.accounts.counting import families, touched_by
from banso_web.accounts.reads.owners import accounts_of_contacts
from banso_web.core import clock
from banso_web.core.models import StateVersion
from banso_web.health.actions.keeping import refresh
from banso_web.health.models import Card, HealthDay
from banso_web.health.reads.beginnings import day_of, kinds

STATES = ("account", "contract", "contact")
#: So many accounts are computed while somebody waits.
AT_ONCE = 20


def heard(entry_id: int) -> None:
    """The hook after an entry came or went. Nothing is done before a day was ever kept."""
    if not HealthDay.objects.exists():
        return
    accounts, first, facts = touched(entry_id)
    today = clock.today()
    if StateVersion.objects.filter(entry_id=entry_id, subject=Card.STATE).exists():
        _enqueue()
    if first is None:
        return
    stale = HealthDay.objects.filter(day__gte=first, state=HealthDay.State.DONE)
    if len(accounts) > AT_ONCE:
        stale.update(state=HealthDay.State.STALE)
        _enqueue()
        return
    stale.exclude(day=today).update(state=HealthDay.State.STALE)
    if accounts:
        refresh(accounts, facts)


def _enqueue() -> None:
    from banso_web.health.jobs import keep_today

    keep_today.enqueue()


def touched(entry_id: int) -> tuple[set[int], date | None, set[str] | None]:
    """(the customers after 名寄せ whose facts an entry holds, the first day on which they matter, of which kinds they are); no day
    where it holds none, and None where they are of any kind."""
    accounts = touched_by(entry_id)
    days: list[date] = []
    facts: set[str] | None = set()
    versions = StateVersion.objects.filter(entry_id=entry_id, subject__in=STATES).order_by()
    if versions.exists():
        told = versions.aggregate(first=Min("valid_from"))["first"]
        days.append(date.min if versions.filter(valid_from=None).exists() else told)
        facts = set(versions.values_list("subject", flat=True).distinct())
        contacts = versions.filter(subject="contact").values_list("subject_id", flat=True).distinct()
        accounts |= accounts_of_contacts(contacts)
    elif accounts:  # a merge: it holds for all of history
        days.append(date.min)
        facts = None
    for name, model, fields in kinds():
        rows = model._default_manager.filter(entry_id=entry_id).order_by()
        found = rows.aggregate(**{field: Min(field) for field in fields})
        told = [day_of(value) for value in found.values() if value is not None]
        if told:
            days.append(min(told))
            accounts |= set(rows.values_list("account_id", flat=True).distinct())
            facts = None if facts is None else {*facts, name}
    return set(families(accounts).values()) if accounts else accounts, min(days, default=None), facts
