"""Story X15 to the digit, and every row of the table of states by hand arithmetic."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from fractions import Fraction as F

import pytest

from banso.health import (
    Band,
    Child,
    Kind,
    Line,
    Part,
    Scorecard,
    Signal,
    StandIn,
    Standing,
    State,
    Table,
    explain,
    roll_up,
    score,
)

DAY = date(2026, 11, 24)
CURVE = Line(((D(0), D(0)), (D(100), D(100))))
WEIGHTS = {"usage": 40, "satisfaction": 20, "relationship": 15, "support": 15, "contract": 10}
CARD = Scorecard("x15", {}, DAY, tuple(Part(key, D(weight), CURVE) for key, weight in WEIGHTS.items()))
X15 = {"usage": 70, "satisfaction": 60, "support": 80, "contract": 100}


def known(**values: int) -> list[Signal]:
    return [Signal(key, D(value), fresh_on=DAY) for key, value in values.items()]


def ago(days: int) -> date:
    return DAY - timedelta(days)


def test_x15_what_was_never_collected_leaves_and_is_named() -> None:
    reading = score(known(**X15), CARD, DAY)
    assert reading.value == reading.low == reading.high == F(6200, 85)  # 72.9
    assert (reading.completeness, reading.band) == (F(85, 100), Band.GOOD)
    assert [(one.code, one.part) for one in reading.reasons] == [("not_collected", "relationship")]
    assert {one.key: one.amount for one in reading.contributions} == {
        "usage": F(2800, 85),
        "satisfaction": F(1200, 85),
        "relationship": 0,
        "support": F(1200, 85),
        "contract": F(1000, 85),
    }


def test_x15_what_stops_lowers_the_bands_value_though_the_face_rises() -> None:
    before = score(known(**X15, relationship=20), CARD, DAY)
    stopped = Signal("relationship", None, State.STOPPED, last=D(20), last_on=ago(1))
    after = score([*known(**X15), stopped], CARD, DAY, before)
    assert (before.value, before.band) == (65, Band.WATCH)
    assert (after.value, after.low, after.high) == (F(6200, 85), 62, 77)
    assert (after.band, after.completeness) == (Band.WATCH, F(85, 100))
    face, low = explain(before, after), explain(before, after, end="low")
    assert [(one.part, one.kind, one.amount) for one in face.steps] == [
        ("relationship", Kind.LOST, F(6200, 85) - 65)
    ]
    assert [(one.part, one.kind, one.amount) for one in low.steps] == [("relationship", Kind.LOST, -3)]


def test_an_edge_belongs_to_the_better_band() -> None:
    for value, band in ((70, Band.GOOD), (40, Band.WATCH), (39, Band.BAD)):
        assert score(known(**dict.fromkeys(WEIGHTS, value)), CARD, DAY).band is band


@pytest.mark.parametrize(
    ("age", "last", "value", "low", "completeness"),
    [
        (180, 20, F(64), F(64), F(1)),  # (40·70 + 20·20 + 15·80 + 15·80 + 10·80)/100 holds on its last day
        (181, 20, F(75), F(64), F(4, 5)),  # left the value; what lowers stays in the lower end
        (181, 100, F(75), F(75), F(4, 5)),  # what would lift it leaves
    ],
)
def test_an_unanswered_value_holds_for_its_life(
    age: int, last: int, value: F, low: F, completeness: F
) -> None:
    told = [
        *known(usage=70, relationship=80, support=80, contract=80),
        Signal("satisfaction", None, State.NO_ANSWER, last=D(last), last_on=ago(age)),
    ]
    reading = score(told, CARD, DAY)
    assert (reading.value, reading.low, reading.completeness) == (value, low, completeness)


def test_a_gap_freezes_the_band_for_fourteen_days_and_then_nothing_is_known() -> None:
    def silent(days: int, before: Standing) -> tuple[F | None, Band, Band | None, bool]:
        gap = Signal("usage", None, State.GAP, last=D(70), fresh_on=ago(days))
        rest = known(satisfaction=0, relationship=0, support=0, contract=0)  # other parts fall meanwhile
        reading = score([gap, *rest], CARD, DAY, before)
        return reading.low, reading.band, reading.held, reading.frozen

    good, bad = Standing(Band.GOOD, Band.GOOD), Standing(Band.BAD, Band.BAD)
    assert silent(14, good) == (28, Band.GOOD, Band.GOOD, True)
    assert silent(14, bad) == (28, Band.BAD, Band.BAD, True)
    assert silent(15, bad) == (0, Band.BAD, Band.BAD, False)  # 危険 stays 危険
    kept = Signal("usage", None, State.GAP, last=D(70), fresh_on=ago(15))
    over = score([kept, *known(satisfaction=90, relationship=90, support=90, contract=90)], CARD, DAY, good)
    assert (over.low, over.band, over.held) == (54, Band.UNKNOWN, Band.GOOD)


def test_what_was_bad_stays_bad_when_less_than_half_is_known() -> None:
    lost = [Signal(key, None, State.STOPPED, last=D(10), last_on=ago(1)) for key in ("usage", "satisfaction")]
    rest = known(relationship=50, support=50, contract=50)
    was = score([*known(usage=10, satisfaction=10), *rest], CARD, ago(1))
    now = score([*lost, *rest], CARD, DAY, was)
    assert (was.low, was.band) == (26, Band.BAD)
    assert (now.value, now.low, now.completeness, now.band) == (50, 20, F(2, 5), Band.BAD)
    fine = [Signal(key, None, State.STOPPED, last=D(90), last_on=ago(1)) for key in ("usage", "satisfaction")]
    assert score([*fine, *rest], CARD, DAY, Standing(Band.GOOD, Band.GOOD)).band is Band.UNKNOWN


def test_sentiment_stands_in_and_an_old_answer_still_lowers_the_end() -> None:
    marks = Table((("◎", D(100)), ("○", D(75)), ("△", D(40)), ("×", D(0))))
    card = Scorecard(
        "s",
        {},
        DAY,
        (Part("usage", D(1), CURVE), Part("csat", D(1), CURVE, 180, None, StandIn("mark", marks, 90))),
    )
    base, mark = known(usage=80), Signal("mark", "◎", fresh_on=DAY)

    def ends(*more: Signal) -> tuple[F | None, F | None]:
        reading = score([*base, *more], card, DAY)
        return reading.value, reading.low

    assert ends(Signal("csat", D(30)), mark) == (55, 55)  # an answer goes before
    assert ends(mark) == (90, 90)  # never asked
    old = Signal("csat", None, State.NO_ANSWER, last=D(30), last_on=ago(200))
    assert ends(old, mark) == (90, 55)
    past = Signal("mark", None, State.NO_ANSWER, last="×", last_on=ago(91))
    assert ends(old, past) == (80, 40)  # (80 + 0) ÷ 2: the lower of the two last ones
    with pytest.raises(ValueError, match="◎, ○, △, ×"):
        ends(Signal("mark", "A"))


def test_a_source_once_connected_does_not_become_not_collected() -> None:
    gone = Signal("relationship", None, State.NOT_COLLECTED, fresh_on=ago(30))
    reading = score([*known(**X15), gone], CARD, DAY)
    assert (reading.low, [one.code for one in reading.reasons]) == (62, ["stopped"])


def test_a_parent_is_both_its_mrr_and_its_worst_child() -> None:
    whole, poor = (score(known(**dict.fromkeys(WEIGHTS, value)), CARD, DAY) for value in (90, 10))
    none = score([], CARD, DAY)
    parent = roll_up([Child("a", whole, D(900)), Child("b", poor, D(100)), Child("c", none, D(250))])
    assert (parent.value, parent.low, parent.completeness) == (82, 82, F(4, 5))  # (900·90 + 100·10) ÷ 1,000
    assert parent.band is Band.GOOD
    assert parent.worst is not None and parent.worst.key == "b"
    assert [child.key for child in parent.unknown] == ["c"]
    assert roll_up([]).band is Band.UNKNOWN
