"""From verdicts to alerts: when one is raised, when the same one stays quiet, when one is taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from banso.usage import Drop, PastAlert, Verdict, decide_alert
from banso.usage.alerts import LOCK_DAYS
from banso_web.usage.models import UsageAlert, UsageSnooze, UsageVerdict

USAGE, SEATS = UsageAlert.Kind.USAGE, UsageAlert.Kind.SEATS
Judged = tuple[Drop, str, UsageVerdict]  # what the library said, the word kept, the row it is kept in


def raise_alerts(day: date, judged: Sequence[Judged]) -> tuple[int, int]:
    """(raised, withdrawn) for the verdicts of a day. Inside the transaction that wrote them.

    An alert of that very day whose reason is gone is taken back; one that was taken back and holds again is opened again.
    An alert that a later day already raised within the lock keeps an earlier day quiet.
    """
    if not judged:
        return 0, 0
    ids = [row.account_id for _drop, _name, row in judged]
    near = UsageAlert.objects.filter(account_id__in=ids, raised_on__lte=day + timedelta(days=LOCK_DAYS))
    past: dict[tuple[int, str], list[UsageAlert]] = defaultdict(list)
    for alert in near.select_related("verdict").order_by("raised_on"):
        past[alert.account_id, alert.kind].append(alert)
    quiet = _snoozed(day, ids)
    made: list[UsageAlert] = []
    changed: list[UsageAlert] = []
    withdrawn = 0
    for verdict, name, row in judged:
        for kind in (USAGE, SEATS):
            own = past[row.account_id, kind]
            todays = next((alert for alert in own if alert.raised_on == day), None)
            seen = [
                alert for alert in own if alert.state != UsageAlert.State.WITHDRAWN and alert is not todays
            ]
            fall = _as_drop(kind, verdict, name)
            fits = _wanted(kind, fall, day, seen, quiet.get(row.account_id))
            if todays is None:
                if fits is not None:
                    made.append(
                        UsageAlert(account_id=row.account_id, kind=kind, raised_on=day, verdict=row, change=fits[0], further=fits[1])
                    )  # fmt: skip
            elif fall is None and todays.state == UsageAlert.State.OPEN:
                todays.state = UsageAlert.State.WITHDRAWN
                changed.append(todays)
                withdrawn += 1
            elif fits is not None and _is_other(todays, row):
                todays.state, todays.verdict = UsageAlert.State.OPEN, row
                todays.change, todays.further = fits
                changed.append(todays)
    UsageAlert.objects.bulk_create(made, ignore_conflicts=True)
    UsageAlert.objects.bulk_update(changed, ["state", "verdict", "change", "further"])
    return len(made) + len(changed) - withdrawn, withdrawn


def _is_other(alert: UsageAlert, row: UsageVerdict) -> bool:
    """Whether an alert of today must follow: it was taken back, or stands on an older verdict. A closed one stays closed."""
    if alert.state == UsageAlert.State.CLOSED:
        return False
    return alert.state == UsageAlert.State.WITHDRAWN or alert.verdict_id != row.pk


def _snoozed(day: date, ids: Sequence[int]) -> dict[int, date]:
    rows = UsageSnooze.objects.filter(account_id__in=ids, since__lte=day, until__gte=day)
    return dict(rows.order_by("until").values_list("account_id", "until"))


def _wanted(
    kind: str, asked: Drop | None, day: date, seen: Sequence[UsageAlert], quiet: date | None
) -> tuple[float, bool] | None:
    """(change, further) where an alert is due."""
    if asked is None or asked.change is None:
        return None
    if any(alert.raised_on > day for alert in seen):
        return None
    last = seen[-1] if seen else None
    past = None if last is None else PastAlert(last.raised_on, _exact(last))
    told = decide_alert(asked, day, past, snoozed_until=quiet if kind == USAGE else None)
    return (float(asked.change), told.further) if told.raise_it else None


def _as_drop(kind: str, verdict: Drop, name: str) -> Drop | None:
    """The fall this kind asks about. Any fall of seats is one; it is told of accounts too small to be judged as well."""
    if kind == USAGE:
        return verdict if name == Verdict.DROP else None
    if name == Verdict.SUSPENDED or verdict.seats_change is None or verdict.seats_change >= 0:
        return None
    return replace(verdict, verdict=Verdict.DROP, change=verdict.seats_change)


def _exact(alert: UsageAlert) -> Fraction:
    return Fraction(alert.verdict.evidence["change" if alert.kind == USAGE else "seats_change"])
