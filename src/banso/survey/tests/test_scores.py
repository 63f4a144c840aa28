"""CSAT, NPS and CES by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from banso.survey import Score, ces, csat, csat_top2, nps


def test_csat_is_the_mean_with_students_interval() -> None:
    """4, 5, 3, 4: mean 4, s² = 2/3, s/√4 = 0.408248, t(3) = 3.182446: 4 ± 1.299228, cut at 5."""
    found = csat([4, 5, 3, 4, None, float("nan")])
    assert (found.value, found.n, found.method) == (4, 4, "t")
    assert found.interval == pytest.approx((2.700772, 5.0), abs=1e-6)
    assert csat([Decimal("3.5"), 4.5]).value == 4


def test_answers_that_do_not_scatter_give_no_interval() -> None:
    assert csat([4, 4, 4]) == Score(Fraction(4), 3)
    assert csat([4]) == Score(Fraction(4), 1)
    assert csat([]) == csat([None]) == Score(None, 0)


def test_top2_and_ces_are_shares_with_wilsons_interval() -> None:
    """2 of 4: Wilson 15.0 % to 85.0 %."""
    found = csat_top2([5, 4, 3, 1])
    assert found.value == Fraction(1, 2) and found.interval == pytest.approx((0.150039, 0.849961), abs=1e-6)
    assert ces([7, 5, 4, 1]).value == Fraction(1, 2)


def test_nps_counts_9_and_10_less_0_to_6() -> None:
    """10, 9, 8, 6: (2 − 1) ÷ 4 = 25. Adjusted: (2.75 − 1.75) ÷ 7 = 14.2857 ± 1.959964 × √((4.5/7 − 1/49) ÷ 7) = 58.4455."""
    found = nps([10, 9, 8, 6])
    assert (found.value, found.n) == (25, 4)
    assert found.interval == pytest.approx((-44.1598, 72.7312), abs=1e-3)
    alone = nps([10])
    assert alone.value == 100 and alone.interval is not None and alone.interval[0] < 50


@pytest.mark.parametrize(("scale", "answer"), [(csat, 0), (csat, 6), (nps, 11), (ces, 8), (csat_top2, -1)])
def test_an_answer_outside_the_scale_is_refused(scale: object, answer: int) -> None:
    with pytest.raises(ValueError, match="lies between"):
        scale([answer])  # type: ignore[operator]
