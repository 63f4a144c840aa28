"""Every shipped signal in every state it can stand in, by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso.health import State
from banso_web.accounts.actions.merging import decide
from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.health.actions.sentiment import feel, take_back
from banso_web.health.signals import SIGNALS, signals_at
from banso_web.health.signals.told import STATES, decimal
from banso_web.health.tests.conftest import DAY, OPEN, now, use
from banso_web.members.models import Member
from banso_web.surveys.models import Response
from banso_web.usage.actions.features import save_feature

pytestmark = pytest.mark.django_db
Said = tuple[State, Decimal | None, Decimal | None, date | None]


def said(asked: Asked, key: str, account: Account) -> Said:
    """(state, value, last, fresh on) of one signal of one account, asked of everybody and of it alone: they must agree."""
    found = []
    for some in (None, [account.pk]):
        signals = signals_at(asked, [key], some)
        at, told = signals.everybody.place[account.pk], signals.told[key]
        fresh = int(told.fresh[at])
        found.append(
            (
                STATES[told.state[at]],
                decimal(int(told.value[at])),
                decimal(int(told.last[at])),
                date.fromordinal(fresh) if fresh else None,
            )
        )
    assert found[0] == found[1]
    return found[0]


def known(value: str, fresh: date | None) -> Said:
    return (State.KNOWN, Decimal(value), None, fresh)


NEVER = (State.NOT_COLLECTED, None, None, None)
AWAY = (State.NOT_APPLICABLE, None, None, None)
LAST = OPEN[-1]  # 11/20, the newest day with rows
BY_HAND: dict[str, dict[str, Said]] = {
    # 30 of 40. H2's last day of use is 8/28, more than 30 days ago, while the files still come.
    "usage": {
        "H1": known("0.75", LAST),
        "H2": (State.STOPPED, None, None, date(2026, 8, 28)),
        "H3": NEVER,
    },
    # The latest answers of P1 (4) and P2 (3); P2 was asked again four days ago, which is no silence yet. H2: 3 on 3/3, 266 days ago.
    "satisfaction": {
        "H1": known("3.5", date(2026, 10, 5)),
        "H2": (State.NO_ANSWER, None, Decimal(3), date(2026, 3, 3)),
        "H3": (State.NO_ANSWER, None, None, None),
        "H4": NEVER,
    },
    # H1 was asked twice in 180 days (after 5/28) and answered both; the request of 11/20 is not due. H2 and H3 were silent.
    "survey_silence": {
        "H1": known("0", date(2026, 10, 1)),
        "H2": known("1", date(2026, 9, 1)),
        "H4": AWAY,
    },
    # Two proactive touches and two people. H2 was touched in May; H3 never; H4 began on 11/1.
    "relationship": {
        "H1": known("4", date(2026, 11, 12)),
        "H2": (State.STOPPED, None, None, date(2026, 5, 10)),
        "H3": known("0", None),
        "H4": AWAY,
    },
    "touch_proactive": {"H1": known("2", date(2026, 11, 12))},
    "touch_people": {"H1": known("2", date(2026, 11, 12))},
    # H2: one urgent (3), one serious (5), one that is closed tomorrow (1).
    "support": {
        "H1": known("0", date(2026, 10, 2)),
        "H2": known("9", date(2026, 11, 22)),
        "H3": AWAY,
    },
    # H2 gave notice; H3's bill is 24 days late.
    "contract": {"H1": known("0", DAY), "H2": known("3", DAY), "H3": known("1", DAY)},
    # 4 days late and 1 day early: 4 ÷ 2. H3: 24 days of one bill.
    "payment_delay": {
        "H1": known("2", date(2026, 10, 30)),
        "H3": known("24", date(2026, 10, 1)),
        "H2": NEVER,
    },
    # 西川 left and nobody is champion; after 東 there is 南.
    "champion_left": {
        "H1": known("0", None),
        "H2": known("1", date(2026, 9, 30)),
        "H3": known("0", date(2026, 9, 30)),
        "H4": NEVER,
    },
    "seats_change": {"H1": known("0", DAY), "H4": AWAY},
    "usage_breadth": {"H1": NEVER},
    "usage_stickiness": {"H1": NEVER},
    "sentiment": {"H1": NEVER},
}


def test_by_hand(company: dict[str, Account]) -> None:
    for key in SIGNALS:
        found = {code: said(now(), key, company[code]) for code in BY_HAND[key]}
        assert found == BY_HAND[key], key


def test_who_is_asked(company: dict[str, Account]) -> None:
    """検証環境 is left out; かえで運輸 was no customer in October."""
    of = signals_at(now(), []).everybody.place
    assert company["H5"].pk not in of
    assert company["H4"].pk in of
    assert company["H4"].pk not in signals_at(now(date(2026, 10, 31)), []).everybody.place


def test_as_of_a_day(company: dict[str, Account]) -> None:
    """On 11/21 the ticket of 11/22 is not there yet, and K2's notice of 11/10 is; on 11/9 it is not."""
    assert said(now(date(2026, 11, 21)), "support", company["H2"])[1] == 8
    assert said(now(date(2026, 11, 9)), "contract", company["H2"])[1] == 0
    # Both of P1's answers lie within 180 days of 9/28, and the later one was not given yet.
    assert said(now(date(2026, 9, 28)), "satisfaction", company["H1"])[1] == 2


def test_as_known(company: dict[str, Account]) -> None:
    """Of the answers of October the company knew P1's at once and P2's on 11/20 only: asked as known on 11/1 there is one."""
    Response.objects.filter(code="R1").update(recorded_at=datetime(2026, 10, 2, tzinfo=clock.JST))
    Response.objects.filter(code="R2").update(recorded_at=datetime(2026, 11, 20, tzinfo=clock.JST))
    then = Asked(date(2026, 10, 31), DAY, current_watermark(), datetime(2026, 11, 1, tzinfo=clock.JST))
    assert said(then, "satisfaction", company["H1"])[1] == 4
    assert said(now(date(2026, 10, 31)), "satisfaction", company["H1"])[1] == Decimal("3.5")


def test_merged(company: dict[str, Account], person: Callable[[str], Member]) -> None:
    """H2 counts as H1: its tickets, its notice and its silence are H1's; undone at an older watermark."""
    old = now()
    decide(company["H1"].pk, company["H2"].pk, "same", actor=person("tanaka"))
    assert said(now(), "support", company["H1"])[1] == 9
    assert said(now(), "contract", company["H1"])[1] == 3
    assert company["H2"].pk not in signals_at(now(), []).everybody.place
    assert said(old, "support", company["H1"])[1] == 0


def test_a_silent_source(company: dict[str, Account], bring: Callable[..., Any]) -> None:
    """Files of use that stop on 11/13: from Monday 11/16 on it is 欠測 with the value before it, for whoever sends through them."""
    from banso_web.usage.models import UsageDaily

    UsageDaily.objects.filter(day__gt=date(2026, 11, 13)).delete()
    for day in (date(2026, 10, 5) + timedelta(days=n) for n in range(21)):
        if day.weekday() < 5 and day != date(2026, 10, 12):
            bring(usage_daily=use([("H1", day, 30)]))
    state, value, last, fresh = said(now(), "usage", company["H1"])
    assert (state, value, last, fresh) == (State.GAP, None, Decimal("0.75"), date(2026, 11, 13))


def test_sentiment(company: dict[str, Account], person: Callable[[str], Member]) -> None:
    """◎ until 12/1; then it is past its day. Taken back, it never was; what was known before still says so."""
    sato = person("sato")
    done = feel(
        company["H1"].pk, "excellent", actor=sato, reason="次期も使うと伺った", until=date(2026, 12, 1)
    )
    mark = current_watermark()
    assert said(now(), "sentiment", company["H1"]) == known("4", DAY)
    later = Asked(date(2026, 12, 2), date(2026, 12, 2), mark)
    assert said(later, "sentiment", company["H1"]) == (State.NO_ANSWER, None, Decimal(4), date(2026, 11, 30))
    take_back(done.id, actor=sato)
    assert said(now(), "sentiment", company["H1"]) == NEVER
    assert said(Asked(DAY, DAY, mark), "sentiment", company["H1"]) == known("4", DAY)


def test_queries_do_not_grow(company: dict[str, Account], bring: Callable[..., Any]) -> None:
    def count() -> int:
        asked = now()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            signals_at(asked, SIGNALS)
        return len(captured)

    few = count()
    more = "account_id,name\n" + "".join(f"Z{n},顧客{n}\n" for n in range(60))
    touches = "touch_id,account_id,at,kind,initiative\n" + "".join(
        f"TZ{n},Z{n},2026-11-10T10:00,call,proactive\n" for n in range(60)
    )
    contracts = "contract_id,account_id,product,seats,starts_on,ends_on\n" + "".join(
        f"KZ{n},Z{n},勤怠,5,2026-01-01,2027-12-31\n" for n in range(60)
    )
    bring(
        accounts=more,
        contracts=contracts,
        touches=touches,
        usage_daily=use((f"Z{n}", LAST, 3) for n in range(60)),
    )
    assert count() <= few + 2


def test_a_feature_is_a_signal(company: dict[str, Account], bring: Callable[..., Any]) -> None:
    """Two exports of all data by H1 in 30 days; a scorecard may name it, and none that nobody defined."""
    save_feature({"name": "全件出力", "rules": [{"name": "全件出力"}]}, actor=None, code="export")
    lines = "account_id,day,product,department,feature,users,events\nH1,2026-11-18,勤怠,管理部,全件出力,1,2\n"
    bring(usage_daily=lines)
    assert said(now(), "feature.export", company["H1"])[:2] == (State.KNOWN, Decimal(2))
    assert said(now(), "feature.export", company["H2"])[0] is State.STOPPED
    assert "feature.export" in SIGNALS
    assert "feature.nothing" not in SIGNALS
    assert str(SIGNALS["feature.export"].name) == "機能「全件出力」の利用"
