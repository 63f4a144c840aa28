"""Cox by hand, beside statsmodels, and where there is no answer."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.hazard_regression import PHReg

from banso.lifetime import cox
from banso.lifetime._pairs import before


def test_late_entry_by_hand() -> None:
    """P (x = 1) goes at 1, when P, Q and R are at risk: w ÷ (w + 2), with w = e^β. S (x = 1) is known only from 1.5, when Q is last seen.

    R (x = 0) goes at 2, when R and S are at risk: 1 ÷ (w + 1). w ÷ ((w + 2)(w + 1)) is largest where (w + 2)(w + 1) = w(2w + 3): w = √2.
    Pairs: P before Q and R, R before S. The hazard of P is the higher (2 of 3 right), R's is lower than that of S (wrong).
    """
    table = {
        "months": [1, 1.5, 2, 3], "gone": [1, 0, 1, 0], "from": [0, 0, 0, 1.5], "small": [1, 0, 0, 1],
    }  # fmt: skip
    found = cox(table, "months", "gone", ["small"], "from")
    w = sqrt(2)
    assert found.coefficients["small"] == pytest.approx(log(w), abs=1e-9)
    assert found.log_likelihood == pytest.approx(log(w / ((w + 2) * (w + 1))), abs=1e-12)
    assert found.log_likelihood_null == pytest.approx(log(1 / 6), abs=1e-12)
    # The bend of the likelihood: p(1 − p) at each event.
    assert found.standard_errors["small"] == pytest.approx(
        1 / sqrt(2 * w / (w + 2) ** 2 + w / (w + 1) ** 2), abs=1e-9
    )
    assert found.concordance == pytest.approx(2 / 3)
    ratio, low, high = found.hazard_ratio("small")
    assert ratio == pytest.approx(w) and low < w < high


@pytest.mark.parametrize("late", [False, True])
def test_as_an_independent_implementation_has_it(late: bool) -> None:
    random = np.random.default_rng(11)
    given_values = random.normal(size=(600, 2))
    flag = (random.random(600) < 0.4).astype(float)
    matrix = np.column_stack([given_values * [1.0, 40.0] + [0.0, 3000.0], flag])
    lives = np.ceil(random.exponential(20 * np.exp(-0.5 * given_values[:, 0] + 0.7 * flag)))  # many ties
    seen = random.integers(1, 40, 600)
    ends, events = np.minimum(lives, seen), (lives <= seen).astype(float)
    # Half a step beside the events: at an event's own time statsmodels counts an entry already, here (as in R) only after it.
    begins = np.maximum(random.integers(-15, 15, 600) - 0.5, 0.0) if late else np.zeros(600)
    kept = begins < ends
    frame = pd.DataFrame(matrix[kept], columns=["a", "b", "flag"]).assign(
        end=ends[kept], gone=events[kept], begin=begins[kept]
    )
    names = ["a", "b", "flag"]
    theirs = PHReg(
        frame["end"], frame[names], status=frame["gone"], entry=frame["begin"] if late else None, ties="efron"
    ).fit(disp=0)
    ours = cox(frame, "end", "gone", names, "begin" if late else None)
    assert list(ours.coefficients.values()) == pytest.approx(list(theirs.params), abs=1e-6)
    assert list(ours.standard_errors.values()) == pytest.approx(list(theirs.bse), abs=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)
    # Harrell's C pair by pair.
    lean = frame[names].to_numpy() @ np.array(list(ours.coefficients.values()))
    end, gone, begin = (frame[name].to_numpy() for name in ("end", "gone", "begin"))
    right = pairs = 0.0
    for one in np.flatnonzero(gone):
        others = ((end > end[one]) | ((end == end[one]) & (gone == 0))) & (begin < end[one])
        pairs += others.sum()
        right += (lean[others] < lean[one]).sum() + (lean[others] == lean[one]).sum() / 2
    assert ours.concordance == pytest.approx(right / pairs, abs=1e-12)


def test_no_event_and_a_perfect_separation_are_answers_with_a_reason() -> None:
    none = cox({"d": [1, 2], "e": [0, 0], "x": [0, 1]}, "d", "e", ["x"])
    assert (none.coefficients, none.reason, none.events, none.concordance) == ({}, "no_events", 0, None)
    parted = cox({"d": [1, 2, 3, 4], "e": [1, 1, 0, 0], "x": [1, 1, 0, 0]}, "d", "e", ["x"])
    assert (parted.coefficients, parted.reason, parted.log_likelihood) == ({}, "separated", None)


@pytest.mark.parametrize(
    ("changed", "covariates", "message"),
    [
        ({"x": [2, 2, 2, 2]}, ["x"], "x is the same in every row"),
        ({"y": [1, 3, 5, 9], "x": [2, 6, 10, 18]}, ["x", "y"], "x, y: .*one follows from the others"),
        ({}, ["z"], "no column 'z'; it has d, e, x"),
        ({"x": [1, 2, float("nan"), 4]}, ["x"], "x: row 2 is empty"),
        ({"d": [-1, 2, 3, 4]}, ["x"], "duration: row 0 is -1"),
        ({"x": [1, 2, 3]}, ["x"], "differ in length: d 4, x 3"),
        ({}, [], "at least one covariate"),
        ({}, ["x", "x"], "each once"),
    ],
)
def test_nonsense_is_told(changed: dict, covariates: list[str], message: str) -> None:
    table = {"d": [1, 2, 3, 4], "e": [1, 1, 0, 1], "x": [1, 5, 2, 3], **changed}
    with pytest.raises(ValueError, match=message):
        cox(table, "d", "e", covariates)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30))
def test_pairs_counted_at_once_are_the_pairs_counted_one_by_one(rows: list[tuple[int, bool]]) -> None:
    lower = equal = there = 0
    for at, (value, asks) in enumerate(rows):
        earlier = [other for other, asking in rows[:at] if not asking] if asks else []
        lower += sum(other < value for other in earlier)
        equal += sum(other == value for other in earlier)
        there += len(earlier)
    values = np.array([value for value, _a in rows], dtype=np.int64)
    assert before(values, np.array([asks for _v, asks in rows], dtype=bool)) == (lower, equal, there)
