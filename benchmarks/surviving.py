"""Benchmark (g): survival fits over 1,000,000 customers beside lifelines, each in a process of its own over the same arrays.

Kaplan–Meier with its intervals, and Cox with three covariates, ties after Efron, standard errors and concordance. Days are whole, as
contracts have them, so there are many ties. Loading is not timed; lifelines is handed the DataFrame it wants. lifelines is no
dependency of Banso: where the interpreter that BANSO_BENCH_LIFELINES names (else this one) has none, the section says so.

    python -m benchmarks.surviving (banso|lifelines) FOLDER      one engine over the columns in a folder; one line of JSON
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.homes import ROOT

COLUMNS = ("duration", "event", "entry", "seats", "touches", "annual")
COVARIATES = COLUMNS[3:]
ENGINES = ("banso", "lifelines")


def write(rows: int, folder: Path) -> dict[str, int]:
    """Customers of up to four years, in days: two of five still there, one of three known only from some day on."""
    random = np.random.default_rng(20261128)
    seats, touches = random.normal(size=rows), random.normal(size=rows)
    annual = (random.random(rows) < 0.5).astype(float)
    life = np.ceil(random.exponential(700 * np.exp(-0.4 * seats + 0.3 * touches - 0.2 * annual)))
    seen = random.integers(1, 1461, rows)
    duration, event = np.minimum(life, seen).astype(float), (life <= seen).astype(float)
    late = np.floor(random.random(rows) * duration) * (random.random(rows) < 1 / 3)
    for name, values in zip(COLUMNS, (duration, event, late, seats, touches, annual), strict=True):
        np.save(folder / f"{name}.npy", values)
    return {"rows": rows, "events": int(event.sum()), "days": len(np.unique(duration))}


def banso(columns: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    from banso.lifetime import cox, kaplan_meier

    def curve(entry: Any = None) -> list[float]:
        table = kaplan_meier(columns["duration"], columns["event"], entry).table
        names = ("survival", "lower", "upper")
        return [float(table[name][np.searchsorted(table["time"], 365)]) for name in names]

    def hazards(entry: str | None = None) -> list[float]:
        found = cox(columns, "duration", "event", COVARIATES, entry)
        numbers = [*found.coefficients.values(), *found.standard_errors.values()]
        return [*numbers, found.log_likelihood or 0.0, found.concordance or 0.0]

    return {
        "km": curve, "km late": lambda: curve(columns["entry"]), "cox": hazards, "cox late": lambda: hazards("entry"),
    }  # fmt: skip


def lifelines(columns: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter

    frame = pd.DataFrame({name: columns[name] for name in COLUMNS if name != "entry"})

    def curve(entry: Any = None) -> list[float]:
        found = KaplanMeierFitter().fit(columns["duration"], columns["event"], entry=entry)
        bounds = found.confidence_interval_survival_function_.loc[365.0]
        return [float(found.survival_function_.loc[365.0].iloc[0]), *map(float, bounds)]

    def hazards() -> list[float]:
        found = CoxPHFitter().fit(frame, "duration", "event")
        numbers = [float(found.params_[name]) for name in COVARIATES]
        errors = [float(found.standard_errors_[name]) for name in COVARIATES]
        return [*numbers, *errors, float(found.log_likelihood_), float(found.concordance_index_)]

    return {"km": curve, "km late": lambda: curve(columns["entry"]), "cox": hazards}


def engine(name: str, folder: Path, runs: int) -> dict[str, Any]:
    """Seconds and numbers of each fit, after one warm-up of the curve."""
    columns = {key: np.load(folder / f"{key}.npy") for key in COLUMNS}
    fits = (banso if name == "banso" else lifelines)(columns)
    fits["km"]()
    found: dict[str, Any] = {}
    for key, fit in fits.items():
        seconds = []
        for _run in range(runs):
            begin = time.perf_counter()
            numbers = fit()
            seconds.append(time.perf_counter() - begin)
        found[key] = {"seconds": statistics.median(seconds), "numbers": numbers}
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def measure(rows: int, runs: int) -> dict[str, Any]:
    """Both engines. lifelines: None where it is not installed. `apart`: how far any number of theirs is from ours, at most."""
    with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
        found: dict[str, Any] = {**write(rows, Path(name)), "runs": runs}
        for one in ENGINES:
            python = (
                os.environ.get("BANSO_BENCH_LIFELINES", sys.executable)
                if one == "lifelines"
                else sys.executable
            )
            if subprocess.run([python, "-c", f"import {one}"], capture_output=True, env=_path()).returncode:
                found[one] = None
                continue
            done = subprocess.run(
                [python, "-m", "benchmarks.surviving", one, name, str(runs)],
                stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=_path(),
            )  # fmt: skip
            found[one] = json.loads(done.stdout)
    theirs = found["lifelines"] or {}
    found["apart"] = {
        key: max(abs(a - b) / max(abs(a), 1.0) for a, b in zip(found["banso"][key]["numbers"], theirs[key]["numbers"], strict=True))
        for key in ("km", "km late", "cox") if key in theirs
    }  # fmt: skip
    found["load"] = os.getloadavg()[0]
    return found


def _path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


if __name__ == "__main__":
    print(json.dumps(engine(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
