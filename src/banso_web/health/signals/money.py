"""契約/支払: notice given, a renewal nobody decided, bills that are late."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from banso.health import State
from banso_web.accounts.reads.contracts import OnDay
from banso_web.health.signals.told import Everybody, Signal, Told
from banso_web.revenue.reads.invoices import Bills, bills
from banso_web.revenue.reads.renewals import pending_renewals

NOTICE, HEAVY, LIGHT = 3, 2, 1
#: Bills that are late by more days weigh heavily.
LATE = 30


def _noticed(one: OnDay, day: date) -> bool:
    end = one.ended_on or one.ends_on
    return one.notified_on is not None and one.notified_on <= day and (end is None or end >= day)


def past_end(one: OnDay, day: date) -> bool:
    return not one.renews and one.ended_on is None and one.ends_on is not None and one.ends_on < day


def _bills(everybody: Everybody) -> dict[int, list[Bills]]:
    return everybody.once("bills", lambda: everybody.by_place(bills(everybody.asked, everybody.some)))


def _late(found: list[Bills], day: date) -> int:
    since = min((one.since for one in found if one.since), default=None)
    return 0 if since is None else HEAVY if (day - since).days > LATE else LIGHT


def trouble(everybody: Everybody) -> Told:
    """3: 解約申出. 2: a bill late by more than 30 days. 1: a bill late by less, or 更新手続中. 0: none of these. The heaviest counts."""
    told = Told.nothing(len(everybody))
    asked, day = everybody.asked, everybody.asked.as_of
    unpaid = _bills(everybody)
    # Whether one past its end is still waited for is revenue's to say; mostly there is none to ask about.
    waiting: set[int] = set()
    if any(past_end(one, day) for contracts in everybody.contracts.values() for one in contracts):
        waiting = {one.contract_id for one in pending_renewals(asked)}
    for at, contracts in everybody.contracts.items():
        open_ = any(one.id in waiting for one in contracts)
        if not open_ and not any(one.in_force(day) for one in contracts):
            told.say(at, State.NOT_APPLICABLE)
            continue
        value = max(_late(unpaid.get(at, []), day), LIGHT if open_ else 0)
        if any(_noticed(one, day) for one in contracts):
            value = NOTICE
        told.say(at, State.KNOWN, value, fresh=day)
    return told


def delay(everybody: Everybody) -> Told:
    """Days past their day, on the mean of the bills paid within a year and those that are late now. Who has no bill is 未収集."""
    told = Told.nothing(len(everybody))
    day = everybody.asked.as_of
    for at, found in _bills(everybody).items():
        number = sum(one.paid + one.overdue for one in found)
        if not number:
            told.say(at, State.NOT_APPLICABLE, fresh=max(one.last for one in found))
            continue
        late = sum(
            one.late_days + one.overdue * ((day - one.since).days if one.since else 0) for one in found
        )
        told.say(at, State.KNOWN, late / number, fresh=max(one.last for one in found))
    return told


SIGNALS = (
    Signal(
        "contract",
        _("契約/支払"),
        "points",
        1,
        _("解約申出は3、30日を超える入金遅延は2、それより短い遅延と更新手続中は1"),
        trouble,
        running=True,
        higher_is_better=False,
        see="revenue.view",
        facts=frozenset({"contract", "invoices", "movements"}),
    ),
    Signal(
        "payment_delay",
        _("入金の遅れ"),
        "days",
        1,
        _("直近1年に入金された請求と、いま遅れている請求の、期日からの平均日数"),
        delay,
        higher_is_better=False,
        see="revenue.view",
        facts=frozenset({"invoices"}),
    ),
)
