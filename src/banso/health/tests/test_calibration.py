"""Brier and its parts by hand; the logistic line beside statsmodels; probabilities out of scores that know nothing later."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from banso.health._logistic import fit_logistic
from banso.health.calibration import as_known, bins_of, brier, calibration


def test_brier_and_its_parts_by_hand() -> None:
    """20 rows say 0.2 and 4 of them happen; 20 say 0.6 and 16 happen.

    Brier: (4·0.8² + 16·0.2² + 16·0.4² + 4·0.6²) ÷ 40 = (2.56 + 0.64 + 2.56 + 1.44) ÷ 40 = 0.18. Reliability ½·0² + ½·(0.6−0.8)² = 0.02.
    Resolution: rates 0.2 and 0.8 around 0.5: 0.09. Uncertainty 0.25. 0.02 − 0.09 + 0.25 = 0.18, nothing remains.
    The base rate 0.5 has 0.25: skill 1 − 0.18 ÷ 0.25 = 0.28.
    """
    said = np.repeat([0.2, 0.6], 20)
    event = np.concatenate((np.arange(20) < 4, np.arange(20) < 16))
    found = brier(said, np.full(40, 0.5), event, np.arange(40))
    assert found.score.value == pytest.approx(0.18)
    assert [found.reliability, found.resolution, found.uncertainty] == pytest.approx([0.02, 0.09, 0.25])
    assert found.remainder == pytest.approx(0, abs=1e-12)
    assert found.skill == pytest.approx(0.28)
    table = calibration(said, event, np.arange(40))
    assert [(one.said, one.happened.value) for one in table.table] == [
        (pytest.approx(0.2), 0.2),
        (pytest.approx(0.6), 0.8),
    ]
    assert table.observed_over_expected.value == pytest.approx(0.5 / 0.4)


def test_what_is_said_too_boldly_has_a_slope_below_one() -> None:
    random = np.random.default_rng(1)
    truth = random.uniform(-3, 3, 4000)
    event = random.random(4000) < 1 / (1 + np.exp(-truth))
    said = 1 / (1 + np.exp(-2 * truth))
    slope = calibration(said, event, np.arange(4000)).slope
    assert slope == pytest.approx(0.5, abs=0.06)


def test_rows_that_say_the_same_share_a_bin() -> None:
    said = np.array([0.1] * 50 + [0.2] * 3 + [0.3] * 47)
    assert len(set(bins_of(said)[:50])) == 1
    assert len(set(bins_of(np.linspace(0, 1, 100)))) == 10
    assert set(np.bincount(bins_of(np.linspace(0, 1, 100)))) == {10}


def test_the_line_is_that_of_an_independent_implementation() -> None:
    random = np.random.default_rng(2)
    columns = np.column_stack((np.ones(400), random.normal(size=(400, 2))))
    event = (random.random(400) < 1 / (1 + np.exp(-columns @ [-1.0, 0.7, -0.3]))).astype(float)
    weight = random.integers(1, 4, 400).astype(float)
    other = sm.GLM(event, columns, family=sm.families.Binomial(), freq_weights=weight).fit(tol=1e-12)
    assert fit_logistic(columns, event, weight) == pytest.approx(other.params, abs=1e-6)


def test_separated_rows_end_at_the_penalty() -> None:
    columns = np.column_stack((np.ones(20), np.arange(20) - 9.5))
    found = fit_logistic(columns, (np.arange(20) > 9).astype(float), penalty=np.array([0.0, 1.0]))
    assert np.isfinite(found).all() and 0 < found[1] < 5


def test_a_probability_out_of_a_score_waits_for_horizons_and_ignores_what_comes_later() -> None:
    random = np.random.default_rng(3)
    account, day = np.tile(np.arange(100), 6), np.repeat(np.arange(6) * 30, 100)
    risk = random.normal(size=600)
    event = random.random(600) < 1 / (1 + np.exp(1 - risk))
    said, base = as_known(risk, event, account, day, 60)
    assert np.isnan(said[day < 60]).all() and not np.isnan(said[day >= 60]).any()
    assert base[200] == pytest.approx(event[:100].mean())  # on day 60 the rows of day 0 are over, no others
    changed = event.copy()
    changed[day >= 60] = ~changed[day >= 60]
    again, _ = as_known(risk, changed, account, day, 60)
    assert again[day < 120] == pytest.approx(said[day < 120], nan_ok=True)
    backwards, _ = as_known(-risk, event, account, day, 60)
    assert len(set(backwards[day == 150])) == 1  # a score that was wrong so far says the base rate
