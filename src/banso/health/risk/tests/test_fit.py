"""Models: chosen on what came later, silent where history is thin, blind to what was not yet known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from banso.health import RiskFit, fit_risk, known_panel
from banso.health.risk import boosting
from banso.health.risk.fit import LEAST_ACCOUNTS
from banso.simulate.signals import SignalHistory, SignalPlan, signal_history

PLAN = SignalPlan(accounts=300, months=24, monthly_rate=0.02)


@pytest.fixture(scope="module")
def made() -> SignalHistory:
    return signal_history(PLAN)


@pytest.fixture(scope="module")
def fitted(made: SignalHistory) -> RiskFit:
    return fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals)


def test_the_model_is_found_calibrated_and_near_the_truth(made: SignalHistory, fitted: RiskFit) -> None:
    assert (fitted.reason, fitted.notes) == (None, ("few_for_boosting",))
    assert fitted.model is not None and fitted.chosen is not None and fitted.chosen.startswith("hazard")
    assert fitted.check is not None
    ratio = fitted.check.calibration.observed_over_expected
    assert ratio.low is not None and ratio.high is not None and ratio.low < 1 < ratio.high
    assert fitted.check.auc.low is not None and fitted.check.auc.low > 0.6
    assert [one.feature for one in fitted.effects if one.found] == list(PLAN.truth)
    told = fitted.model.predict(made.panel)
    truth = np.asarray(made.chance)
    # one value in twenty is missing and six signals are idle; the level is that of the last quarter, some sixty departures
    assert np.corrcoef(told.probability[30], truth)[0, 1] > 0.8
    assert told.probability[30].mean() == pytest.approx(truth.mean(), rel=0.3)


def test_a_longer_horizon_is_never_safer_and_the_interval_holds_the_probability(
    made: SignalHistory, fitted: RiskFit
) -> None:
    assert fitted.model is not None
    days = [made.panel["as_of"][0]] * 3
    renews = [days[0] + dt.timedelta(days=45), None, days[0] + dt.timedelta(days=400)]
    few = {name: column[:3] for name, column in made.panel.items()} | {"renews_on": renews}
    told = fitted.model.predict(few)
    for days_ in told.probability:
        assert (told.low[days_] < told.probability[days_]).all()
        assert (told.probability[days_] < told.high[days_]).all()
    assert (told.probability[30] < told.probability[90]).all()
    assert (told.probability[90] < told.probability[180]).all()
    assert told.probability[30][0] < told.to_renewal[0] < told.probability[90][0]
    assert np.isnan(told.to_renewal[1:]).all()  # none known, and one beyond the longest horizon


def test_what_is_known_later_changes_no_model(made: SignalHistory) -> None:
    """As of a day: the model with later rows and departures in the tables is the model without them, bit for bit."""
    cut = made.panel["as_of"][0] + dt.timedelta(days=30 * 20)
    rows = [row for row, day in enumerate(made.panel["as_of"]) if day <= cut]
    known = [row for row, on in enumerate(made.outcomes["on"]) if on <= cut]
    then = fit_risk(
        {name: [column[row] for row in rows] for name, column in made.panel.items()},
        {name: [column[row] for row in known] for name, column in made.outcomes.items()},
        as_of=cut,
        features=made.signals,
        refits=0,
    )
    now = fit_risk(made.panel, made.outcomes, as_of=cut, features=made.signals, refits=0)
    assert (now.chosen, now.tried, now.effects) == (then.chosen, then.tried, then.effects)
    assert now.check is not None and then.check is not None and now.check.auc == then.check.auc


def test_a_planted_leak_does_not_help(made: SignalHistory) -> None:
    """A note "is leaving", dated ten days before the departure and written ten days after it. Read by its own date it tells nearly
    everything; read as known it tells nothing, and the model is the one without it."""
    facts = [
        {
            "account": account,
            "feature": "is_leaving",
            "value": 1.0,
            "on": on - dt.timedelta(days=40),
            "recorded_at": f"{on + dt.timedelta(days=10)}T09:00:00+09:00",
        }
        for account, on in zip(made.outcomes["account"], made.outcomes["on"], strict=True)
    ]
    asked = {"account": made.panel["account"], "as_of": made.panel["as_of"]}

    def area(told: list[dict[str, Any]] | None) -> float:
        leak = {} if told is None else {"is_leaving": np.nan_to_num(known_panel(told, asked)["is_leaving"])}
        found = fit_risk(
            {**made.panel, **leak}, made.outcomes, as_of=made.last, features=[*made.signals, *leak], refits=0
        )
        assert found.check is not None and found.check.auc.value is not None
        return found.check.auc.value

    honest, leaking = area(None), area([{**fact, "recorded_at": None} for fact in facts])
    assert leaking > honest + 0.05  # the trap is one
    assert area(facts) == pytest.approx(honest, abs=1e-9)


def test_a_scorecard_that_says_as_much_stays(made: SignalHistory) -> None:
    """The true risk as a score: no model may replace it. The same signals against noise as a score: one does."""
    truth = -100 * np.asarray(made.chance)
    given: dict[str, Any] = {"as_of": made.last, "features": made.signals, "score": "health", "refits": 0}
    kept = fit_risk({**made.panel, "health": truth}, made.outcomes, **given)
    assert (kept.model, kept.reason) == (None, "no_better_than_scorecard")
    assert kept.ahead_of_score is not None and kept.ahead_of_score.high is not None
    noise = np.random.default_rng(1).normal(size=len(truth))
    assert fit_risk({**made.panel, "health": noise}, made.outcomes, **given).model is not None


def test_signals_that_cause_nothing_make_no_model() -> None:
    made = signal_history(SignalPlan(accounts=300, months=24, truth={}, idle=8, monthly_rate=0.03))
    found = fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals, refits=0)
    assert (found.model, found.reason) == (None, "no_better_than_base_rate")


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (SignalPlan(accounts=300, months=11), "short_history"),
        (SignalPlan(accounts=60, months=24, monthly_rate=0.01), "few_events"),
    ],
)
def test_a_thin_history_gives_its_reason(plan: SignalPlan, reason: str) -> None:
    made = signal_history(plan)
    found = fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals)
    assert (found.model, found.reason, found.tried) == (None, reason, ())
    if reason == "few_events":
        assert found.accounts_with_event < LEAST_ACCOUNTS


def test_departures_that_all_came_early_or_all_late_cannot_be_tried(made: SignalHistory) -> None:
    first = made.panel["as_of"][0]
    for days, reason in ((range(300), "few_later_events"), (range(400, 2000), "few_early_events")):
        rows = [row for row, on in enumerate(made.outcomes["on"]) if (on - first).days in days]
        some = {name: [column[row] for row in rows] for name, column in made.outcomes.items()}
        assert fit_risk(made.panel, some, as_of=made.last, features=made.signals).reason == reason


def test_without_scikit_learn_the_hazard_alone_is_tried(
    made: SignalHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boosting, "available", lambda: False)
    found = fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals, refits=0)
    assert found.notes == ("without_boosting",)
    assert not any(one.name.startswith("boosting") for one in found.tried)
    assert found.model is not None


def test_boosting_keeps_the_directions_it_was_given() -> None:
    """A risk that rises with |x| cannot be learnt by a line; told that more of y is more risk, it never says less."""
    random = np.random.default_rng(1)
    accounts, months, first = 1500, 14, dt.date(2025, 1, 1)
    x, y = random.normal(size=(2, accounts, months))
    gone = random.random((accounts, months)) < 1 / (1 + np.exp(4.4 - 1.8 * np.abs(x) - 0.4 * y))
    alive = np.cumsum(gone, axis=1) - gone == 0
    account, month = np.nonzero(alive)
    table = {
        "account": [str(one) for one in account],
        "as_of": [first + dt.timedelta(days=30 * int(one)) for one in month],
        "x": x[alive],
        "y": y[alive],
    }
    leaving = np.argwhere(gone & alive)
    outcomes = {
        "account": [str(one) for one, _ in leaving],
        "on": [first + dt.timedelta(days=30 * int(one) + 5) for _, one in leaving],
    }
    found = fit_risk(
        table,
        outcomes,
        as_of=first + dt.timedelta(days=30 * months),
        features=["x", "y"],
        monotone={"y": 1},
        refits=0,
        horizons=[30],
    )
    assert found.chosen is not None and found.chosen.startswith("boosting")
    assert found.model is not None
    grid = {
        "account": [str(one) for one in range(41)],
        "as_of": [first] * 41,
        "x": [0.5] * 41,
        "y": np.linspace(-2, 2, 41),
    }
    assert (np.diff(found.model.predict(grid).probability[30]) >= -1e-12).all()


def test_shrinking_is_a_risk_of_its_own(made: SignalHistory) -> None:
    """The same departures named contraction (accounts that then stay on): found likewise; of another kind there is nothing."""
    outcomes = {**made.outcomes, "kind": ["contraction"] * len(made.outcomes["account"])}
    given: dict[str, Any] = {"as_of": made.last, "features": made.signals, "refits": 0}
    assert fit_risk(made.panel, outcomes, kind="contraction", **given).model is not None
    assert fit_risk(made.panel, outcomes, kind="expansion", **given).reason == "few_events"


def test_unusable_questions_are_refused(made: SignalHistory) -> None:
    with pytest.raises(ValueError, match="whole 30 days"):
        fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals, horizons=[45])
    with pytest.raises(ValueError, match="lacks the columns nothing"):
        fit_risk(made.panel, made.outcomes, as_of=made.last, features=["nothing"])
