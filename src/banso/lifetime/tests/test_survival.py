"""Kaplan–Meier by hand, beside statsmodels, and what must hold for any rows."""

from __future__ import annotations

from math import exp, isnan, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from banso.lifetime import kaplan_meier


def test_left_truncation_by_hand() -> None:
    """Five customers; C is known only from month 3, E from month 1.

    month 2: A goes. At risk A, B, D, E (C is not yet seen): 3/4.
    month 4: D is last seen.
    month 5: B goes. At risk B, C, E: 3/4 × 2/3 = 1/2.
    month 6: C goes. At risk C, E: 1/2 × 1/2 = 1/4.
    Greenwood at month 5: 1/(4·3) + 1/(3·2) = 1/4, so the standard error is 1/2 × 1/2 = 1/4.
    Counting C and E from month 0 would give 4/5, 8/15 and 4/15.
    """
    found = kaplan_meier([2, 5, 6, 4, 7], [1, 1, 1, 0, 0], entry=[0, 0, 3, 0, 1])
    assert found.table["time"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert found.table["at_risk"].tolist() == [3, 4, 3, 4, 3, 2, 1]
    assert found.table["survival"] == pytest.approx([1, 3 / 4, 3 / 4, 3 / 4, 1 / 2, 1 / 4, 1 / 4])
    assert [found.survival(t) for t in (0, 4.9, 6.5)] == pytest.approx([1, 3 / 4, 1 / 4])
    assert found.survival(7.1) is None  # nobody was seen so long, and one was still there
    assert found.median == 5 and found.median_reason is None
    at = found.at(5)
    assert at.at_risk == 3
    width = exp(1.959963984540054 * 0.25 / (0.5 * log(2)))
    assert (at.lower, at.upper) == pytest.approx((0.5**width, 0.5 ** (1 / width)))
    plain = kaplan_meier([2, 5, 6, 4, 7], [1, 1, 1, 0, 0], entry=[0, 0, 3, 0, 1], interval="plain").at(5)
    assert (plain.lower, plain.upper) == pytest.approx(
        (0.5 - 1.959963984540054 * 0.25, 0.5 + 1.959963984540054 * 0.25)
    )
    ignoring = kaplan_meier([2, 5, 6, 4, 7], [1, 1, 1, 0, 0])
    assert [ignoring.survival(t) for t in (2, 5, 6)] == pytest.approx([4 / 5, 8 / 15, 4 / 15])


@pytest.mark.parametrize("late", [False, True])
def test_as_an_independent_implementation_has_it(late: bool) -> None:
    random = np.random.default_rng(4)
    ends = random.integers(2, 50, 400).astype(float)
    events = random.random(400) < 0.6
    begins = np.maximum(random.integers(-20, 25, 400), 0.0) if late else np.zeros(400)
    seen = begins < ends
    ends, events, begins = ends[seen], events[seen], begins[seen]
    theirs = SurvfuncRight(ends, events, entry=begins if late else None)
    for kind, scale in (("log-log", "cloglog"), ("plain", "linear")):
        ours = kaplan_meier(ends, events, begins if late else None, interval=kind)
        rows = np.searchsorted(ours.table["time"], theirs.surv_times)
        assert ours.table["survival"][rows] == pytest.approx(theirs.surv_prob, abs=1e-9)
        assert ours.table["at_risk"][rows].tolist() == list(theirs.n_risk)
        known = theirs.surv_prob > 0
        assert ours.table["standard_error"][rows][known] == pytest.approx(
            theirs.surv_prob_se[known], abs=1e-9
        )
        assert ours.median == theirs.quantile(0.5)
        assert ours.median_interval == pytest.approx(theirs.quantile_ci(0.5, method=scale))


def test_no_event_a_curve_not_come_to_half_and_one_that_broke_say_so() -> None:
    still = kaplan_meier([3, 4, 9], [0, 0, 0])
    assert (still.median, still.median_reason, still.events) == (None, "no_events", 0)
    assert still.at(9).survival == 1 and still.at(9).lower is None and still.at(10).survival is None
    few = kaplan_meier([3, 4, 9], [1, 0, 0])
    assert (few.median, few.median_reason) == (None, "not_reached")
    assert isnan(kaplan_meier([3, 4, 9], [0, 0, 1]).table["lower"][0])
    # The first two go before the others are known: the curve is 0 for ever, and says when that came.
    broken = kaplan_meier([1, 2, 8, 9], [1, 1, 0, 1], entry=[0, 0, 5, 5])
    assert (broken.survival(7), broken.broken_at, broken.at(7).lower) == (0, 2, None)
    assert kaplan_meier([1, 2], [1, 1]).broken_at is None
    assert kaplan_meier([0, 2], [1, 0]).survival(0) == 0.5  # gone on the first day
    # (9 − 4) ÷ 10 in steps of 9/10 · 8/9 · … is one half, whatever its last bit.
    assert kaplan_meier(range(1, 11), [1] * 10).median == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1, 2], [1, 1]), "duration: row 0 is -1, which is under 0"),
        (([1, None], [1, 1]), "duration: row 1 is empty"),
        (([1, 2], [1, 2]), "event: row 1 is 2; 1 is the event"),
        (([1, 2], [1]), "differ in length: duration 2, event 1"),
        (([1, 2], [1, 1], [0, 2]), "entry: row 1 enters at 2, not before its duration of 2"),
        (([1, 2], [1, 1], [0, -1]), "entry: row 1 is -1"),
        ((["x"], [1]), "duration: a column of numbers is expected"),
        (([], []), "no rows"),
        (([1], [1], None, "exact"), "interval is 'log-log' or 'plain'"),
    ],
)
def test_nonsense_is_told(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kaplan_meier(*arguments)


lives = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 9), st.booleans()), min_size=1, max_size=25
)  # entry, stay, event


@settings(max_examples=40)
@given(lives)
def test_the_curve_is_the_product_worked_one_life_at_a_time(rows: list[tuple[int, int, bool]]) -> None:
    begins, ends = [entry for entry, _s, _e in rows], [entry + stay for entry, stay, _e in rows]
    found = kaplan_meier(ends, [event for *_x, event in rows], begins)
    left = 1.0
    for place, time in enumerate(found.table["time"].tolist()):
        risk = sum(b < time <= e for b, e in zip(begins, ends, strict=True))
        died = sum(e == time and row[2] for e, row in zip(ends, rows, strict=True))
        left *= 1 - died / risk if died else 1
        assert found.table["at_risk"][place] == risk
        assert found.table["survival"][place] == pytest.approx(left, abs=1e-12)
    curve, lower, upper = (found.table[name] for name in ("survival", "lower", "upper"))
    assert (np.diff(curve) <= 0).all()
    known = ~np.isnan(lower)
    assert ((lower <= curve + 1e-12) & (curve <= upper + 1e-12) & (lower >= 0) & (upper <= 1))[known].all()
    assert found.table["events"].sum() == found.events
