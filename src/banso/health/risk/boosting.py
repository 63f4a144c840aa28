"""Gradient boosting of the same hazard, with directions that may not be broken. Needs scikit-learn (`pip install banso[ml]`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from banso.health.backtesting.past import Floats
from banso.health.risk.panel import Panel

#: Periods learnt from; beyond, those without the event are a sample that weighs as much as all of them.
MOST_PERIODS = 200_000


def available() -> bool:
    """scikit-learn is there."""
    return find_spec("sklearn") is not None


@dataclass(frozen=True)
class Boosted:
    """model: a fitted HistGradientBoostingClassifier over features, lead and renewal."""

    model: Any
    leads: int

    def hazards(self, panel: Panel) -> Floats:
        rows = np.repeat(np.arange(len(panel.day)), self.leads)
        lead = np.tile(np.arange(self.leads), len(panel.day))
        said = self.model.predict_proba(_columns(panel, self.leads, rows, lead))[:, 1]
        return np.asarray(said, dtype=np.float64).reshape(-1, self.leads)


def fit_boosted(
    panel: Panel,
    leads: int,
    until: int,
    monotone: Mapping[str, int],
    rounds: int,
    seed: int,
    weight: Floats | None = None,
) -> Boosted:
    """monotone: {feature: 1 (more is more risk) or −1}; a missing value goes where the data say."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    at_risk, event = panel.seen(leads, until)
    rows, lead = np.nonzero(at_risk)
    happened = event[rows, lead]
    weights = np.ones(len(rows)) if weight is None else weight[rows]
    spare = MOST_PERIODS - int(happened.sum())
    if len(rows) > MOST_PERIODS and spare > 0:
        others = np.flatnonzero(~happened)
        sample = np.random.default_rng(seed).choice(others, spare, replace=False)
        weights[sample] *= len(others) / spare
        kept = np.sort(np.concatenate((np.flatnonzero(happened), sample)))
        rows, lead, happened, weights = rows[kept], lead[kept], happened[kept], weights[kept]
    model = HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        l2_regularization=1.0,
        monotonic_cst=[monotone.get(name, 0) for name in panel.features] + [0, 0],
        early_stopping=False,
        random_state=seed,
    )
    model.fit(_columns(panel, leads, rows, lead), happened, sample_weight=weights)
    return Boosted(model, leads)


def _columns(panel: Panel, leads: int, rows: Any, lead: Any) -> Floats:
    return np.column_stack((panel.x[rows], lead, panel.renewing(leads)[rows, lead]))
