"""利用: what usage itself says of active people, core features and seats. One truth: 途絶 and 欠測 are usage's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext_lazy as _

from banso.health import State
from banso_web.accounts.reads.contracts import OnDay, contracts_on
from banso_web.health.signals.told import Everybody, Signal, Told
from banso_web.usage.reads.adoption.accounts import GAP, NO_CONTRACT, NOT_COLLECTED, AccountUse

SEATS_DAYS = 90


def _ratio(share: Fraction | None) -> Decimal | None:
    """To three places: an active rate moves with every day, and a tenth of a per cent is all that anybody reads."""
    if share is None:
        return None
    tenths = share * 1000
    return Decimal((2 * tenths.numerator + tenths.denominator) // (2 * tenths.denominator)) / 1000


def unknown(told: Told, at: int, one: AccountUse | None, everybody: Everybody) -> bool:
    """Whether nothing can be said of a customer's use; then it is said why."""
    if one is None or one.reason == NO_CONTRACT:
        # Neither use nor a contract in force: whose contracts are over cannot use it.
        if one is not None or at in everybody.contracts:
            told.say(at, State.NOT_APPLICABLE)
        return True
    if one.reason == GAP:
        told.say(at, State.GAP, fresh=one.heard or one.last)
    elif one.silence is None and one.stopped:
        told.say(at, State.STOPPED, fresh=one.last)
    else:
        return one.reason == NOT_COLLECTED
    return True


def _of_use(everybody: Everybody, measure: Callable[[AccountUse], Fraction | None]) -> Told:
    told = Told.nothing(len(everybody))
    for key, at in everybody.place.items():
        one = everybody.adoption.rows.get(key)
        if unknown(told, at, one, everybody) or one is None:
            continue
        if one.silence is not None:
            told.say(at, State.GAP, last=_ratio(measure(one)), fresh=one.heard)
        elif (value := _ratio(measure(one))) is not None:
            told.say(at, State.KNOWN, value, fresh=one.heard)
    return told


def _rate(one: AccountUse) -> Fraction | None:
    return one.rate.value if one.rate else None


def _breadth(one: AccountUse) -> Fraction | None:
    return one.breadth.value if one.breadth else None


def active(everybody: Everybody) -> Told:
    """Active people of 30 days ÷ seats."""
    return _of_use(everybody, _rate)


def breadth(everybody: Everybody) -> Told:
    """Core features used in 30 days ÷ those of the plan."""
    return _of_use(everybody, _breadth)


def stickiness(everybody: Everybody) -> Told:
    """The mean day's people ÷ the month's. Files of daily use know no distinct people: 未収集."""
    return _of_use(everybody, lambda one: one.stickiness)


def seats(everybody: Everybody) -> Told:
    """Seats of the contracts in force beside those of 90 days before, as a ratio of these."""
    asked = everybody.asked
    before = everybody.by_place(
        (one.account_id, one)
        for one in contracts_on(
            replace(asked, as_of=asked.as_of - timedelta(days=SEATS_DAYS)), everybody.some
        )
    )
    told = Told.nothing(len(everybody))
    for at, contracts in everybody.contracts.items():
        now = _seats(contracts, everybody)
        then = _seats(before.get(at, []), everybody, SEATS_DAYS)
        if now is None or then is None:
            continue
        if not then:
            told.say(at, State.NOT_APPLICABLE)
        else:
            told.say(at, State.KNOWN, _ratio(Fraction(now - then, then)), fresh=asked.as_of)
    return told


def _seats(contracts: list[OnDay], everybody: Everybody, back: int = 0) -> int | None:
    """Seats of those in force so many days before; None where one of them states none."""
    day = everybody.asked.as_of - timedelta(days=back)
    held = [one.seats for one in contracts if one.in_force(day)]
    return None if None in held else sum(number for number in held if number is not None)


USE = frozenset({"usage_daily", "contract"})
SIGNALS = (
    Signal(
        "usage",
        _("利用"),
        "ratio",
        1,
        _("直近30日の利用者÷契約数。利用データの送信元から"),
        active,
        running=True,
        facts=USE,
    ),
    Signal(
        "usage_breadth",
        _("コア機能の活用度"),
        "ratio",
        1,
        _("直近30日に使ったコア機能÷契約プランのコア機能"),
        breadth,
        running=True,
        facts=USE,
    ),
    Signal(
        "usage_stickiness",
        _("利用の定着"),
        "ratio",
        1,
        _("営業日1日あたりの利用者÷直近30日の利用者。イベントから"),
        stickiness,
        running=True,
        facts=USE,
    ),
    Signal(
        "seats_change",
        _("契約数の変化"),
        "ratio",
        1,
        _("契約の席数と、90日前の席数との差"),
        seats,
        running=True,
        facts=USE,
    ),
)
