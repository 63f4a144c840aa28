"""How good the health library is on real histories: the tables of docs/evidence.md.

    OMP_NUM_THREADS=2 python -m benchmarks.evidence [FOLDER]    FOLDER holds telco/, oulad/ and git_activity/; takes about a minute

Only the front door of `banso.health` is used, with its defaults; what is fixed here was fixed before a test part was looked at.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from banso.health import RiskFit, backtest, drift, fit_risk
from banso.health.backtesting.estimates import Estimate, auc
from banso.health.calibration import brier, calibration
from banso.health.risk.boosting import fit_boosted
from banso.health.risk.hazard import fit_hazard
from banso.health.risk.panel import Panel, read_panel

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "evidence.md"
Row = dict[str, str]
Table = dict[str, list[Any]]


def rows_of(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def interval(one: Estimate, digits: int = 3) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"— ({one.reason})"
    return f"{one.value:.{digits}f} ({one.low:.{digits}f}–{one.high:.{digits}f})"


# --- Telco: one row a customer, ten folds ------------------------------------------------------

FOLDS = 10
SEED = 20261128
YES = {"Yes": 1.0, "No": 0.0, "Male": 1.0, "Female": 0.0}
TELCO = (
    "SeniorCitizen",
    "Partner",
    "Dependents",
    "tenure",
    "PaperlessBilling",
    "MonthlyCharges",
    "TotalCharges",
)
CHOICES = (
    "MultipleLines", "InternetService", "OnlineSecurity", "OnlineBackup", "DeviceProtection", "TechSupport", "StreamingTV",
    "StreamingMovies", "Contract", "PaymentMethod",
)  # fmt: skip


def telco_panel(folder: Path) -> Panel:
    """One period: those who left did so within it. Every feature stands beside the outcome, not before it."""
    found = list(rows_of(folder / "telco" / "Telco-Customer-Churn.csv.gz"))
    day = dt.date(2020, 1, 1)
    table: Table = {"account": [row["customerID"] for row in found], "as_of": [day] * len(found)}
    for name in TELCO:
        table[name] = [YES.get(row[name]) if row[name] in YES else row[name].strip() or None for row in found]
    for name in CHOICES:
        for value in sorted({row[name] for row in found})[1:]:
            table[f"{name}: {value}"] = [float(row[name] == value) for row in found]
    left = [row["customerID"] for row in found if row["Churn"] == "Yes"]
    outcomes = {"account": left, "on": [day + dt.timedelta(days=15)] * len(left)}
    return read_panel(
        table, outcomes, "churn", [name for name in table if name not in ("account", "as_of")], None
    )


def folded(panel: Panel, fit: Callable[[Panel], Callable[[Panel], Any]]) -> Any:
    """What each customer is told by a model that has not seen it; folds by lot, the same share of departures in each."""
    random = np.random.default_rng(SEED)
    fold = np.empty(len(panel.day), dtype=np.int64)
    for left in (True, False):
        rows = np.flatnonzero((panel.event_on > 0) == left)
        fold[random.permutation(rows)] = np.arange(len(rows)) % FOLDS
    said = np.empty(len(panel.day))
    for one in range(FOLDS):
        said[fold == one] = fit(panel.rows(fold != one))(panel.rows(fold == one))
    return said


def telco(folder: Path, boosting: bool = True) -> list[str]:
    panel = telco_panel(folder)
    until, event = int(panel.day[0]) + 30, panel.event_on > 0
    tenure = panel.x[:, panel.features.index("tenure")]

    def hazard(rows: Panel) -> Callable[[Panel], Any]:
        model = fit_hazard(rows, 1, until, 3.0)
        return lambda other: model.hazards(other)[:, 0]

    def boosted(rows: Panel) -> Callable[[Panel], Any]:
        model = fit_boosted(rows, 1, until, {}, 120, SEED)
        return lambda other: model.hazards(other)[:, 0]

    def by_contract(rows: Panel) -> Callable[[Panel], Any]:
        model = fit_hazard(_only(rows, "Contract: "), 1, until, 0.001)
        return lambda other: model.hazards(_only(other, "Contract: "))[:, 0]

    models = {"hazard, penalty 3": folded(panel, hazard)}
    if boosting:
        models["boosting, 120 trees"] = folded(panel, boosted)
    models["rival: kind of contract alone"] = folded(panel, by_contract)
    out = [
        f"n = {len(event):,} customers, {int(event.sum()):,} departures ({event.mean():.1%}).",
        "",
        "| model | AUC | Brier | happened ÷ said | slope | precision of the riskiest tenth |",
        "|---|---|---|---|---|---|",
    ]
    base = np.full(len(event), event.mean())
    for name, said in models.items():
        told = calibration(said, event, panel.account)
        score = brier(said, base, event, panel.account)
        top = np.argsort(-said, kind="stable")[: math.ceil(len(said) / 10)]
        out.append(
            f"| {name} | {interval(auc(said, event, panel.account))} | {score.score.value:.4f} | "
            f"{interval(told.observed_over_expected, 2)} | {told.slope:.2f} | {event[top].mean():.1%} |"
        )
    out.append(f"| rival: shortest tenure | {interval(auc(-tenure, event, panel.account))} | — | — | — | — |")
    out.append(
        f"| rival: base rate | 0.500 | {float(((base - event) ** 2).mean()):.4f} | 1 | — | {event.mean():.1%} |"
    )
    return out


def _only(panel: Panel, start: str) -> Panel:
    chosen = [place for place, name in enumerate(panel.features) if name.startswith(start)]
    return replace(panel, x=panel.x[:, chosen], features=tuple(panel.features[place] for place in chosen))


# --- what came later: fitted as of a day, asked about snapshots after it -----------------------


def later(
    fit: RiskFit,
    test: Table,
    outcomes: Table,
    last: dt.date,
    rival: tuple[str, str],
    earlier: dict[int, float],
) -> list[str]:
    """The model beside a rival column (more is worse) and beside the rate of the part it learnt from, at each of its horizons."""
    if fit.model is None:
        return [f"No model: {fit.reason}."]
    name, column = rival
    told = fit.model.predict(test)
    out = [
        f"Chosen on the earlier part: {fit.chosen}. Departures it knew: {fit.accounts_with_event:,}.",
        "",
        f"| horizon | snapshots | with departure | AUC | AUC of {name} | ahead | Brier | Brier of the earlier rate | happened ÷ said | slope | "
        f"precision of the riskiest tenth | that of {name} |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for horizon in fit.model.horizons:
        said = {**test, "value": told.probability[horizon], "recency": test[column]}
        found = backtest(said, outcomes, horizon, as_of=last, means="probability")
        beside = found.rivals[0]
        rate, happened = earlier[horizon], found.rate.value or 0.0
        out.append(
            f"| {horizon} days | {found.counted.used:,} of {found.counted.accounts:,} | {found.counted.events:,} | {interval(found.auc)} | "
            f"{interval(beside.auc)} | {interval(beside.ahead)} | {found.brier.score.value:.4f} | "
            f"{(rate - happened) ** 2 + happened * (1 - happened):.4f} | {interval(found.calibration.observed_over_expected, 2)} | "
            f"{found.calibration.slope:.2f} | {interval(found.capacity.precision)} | "
            f"{interval(beside.capacity.precision) if beside.capacity else '—'} |"
        )
    return out


def watched(fit: RiskFit, table: Table, outcomes: Table, fitted_on: dt.date, last: dt.date) -> list[str]:
    """What the drift watch said of the model meanwhile."""
    if fit.model is None:
        return []
    told = {**table, "value": fit.model.predict(table).probability[90]}
    found = drift(told, outcomes, 90, fitted_on=fitted_on, as_of=last)
    reasons = ", ".join(found.reasons) or "none"
    return [
        "",
        f"Drift watch at 90 days: `{found.trust}`, reasons: {reasons}; calibration broke on {found.broke_on or '— (it did not)'}.",
    ]


def rates(table: Table, outcomes: Table, as_of: dt.date, horizons: tuple[int, ...]) -> dict[int, float]:
    told = {**table, "value": [0.5] * len(table["account"])}
    return {days: backtest(told, outcomes, days, as_of=as_of).rate.value or 0.0 for days in horizons}


# --- OULAD: enrolments that were given up ------------------------------------------------------

BEGINS = {"2013B": dt.date(2013, 2, 1), "2013J": dt.date(2013, 10, 1), "2014B": dt.date(2014, 2, 1)}
BEFORE = dt.date(2014, 2, 1)
LEVELS = {
    "highest_education": ("No Formal quals", "Lower Than A Level", "A Level or Equivalent", "HE Qualification", "Post Graduate Qualification"),
    "age_band": ("0-35", "35-55", "55<="),
    "imd_band": tuple(f"{low}-{low + 10}%" for low in range(0, 100, 10)),
}  # fmt: skip
MODULES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG")
STUDENT = ("days_in", "registered_before", "credits", "attempts", "woman", "disability", *LEVELS, *(f"module {one}" for one in MODULES))  # fmt: skip


def oulad_tables(folder: Path) -> tuple[Table, Table]:
    """A snapshot every 30 days of a presentation of each enrolment that is registered by then, and the days they unregistered."""
    place = folder / "oulad"
    length = {
        (row["code_module"], row["code_presentation"]): int(row["module_presentation_length"])
        for row in rows_of(place / "courses.csv.gz")
    }
    key = ("code_module", "code_presentation", "id_student")
    registered = {
        tuple(row[one] for one in key): row for row in rows_of(place / "studentRegistration.csv.gz")
    }
    table: Table = defaultdict(list)
    outcomes: Table = {"account": [], "on": []}
    for row in rows_of(place / "studentInfo.csv.gz"):
        who = tuple(row[one] for one in key)
        came, went = registered[who]["date_registration"], registered[who]["date_unregistration"]
        if not came:
            continue
        begins, name = BEGINS[who[1]], " ".join(who)
        if went:
            outcomes["account"].append(name)
            outcomes["on"].append(begins + dt.timedelta(days=int(went)))
        for day in range(0, length[who[:2]], 30):
            if int(came) > day or (went and int(went) <= day):
                continue
            values = {
                "account": name,
                "as_of": begins + dt.timedelta(days=day),
                "presentation": who[1],
                "days_in": float(day),
                "registered_before": float(day - int(came)),
                "credits": float(row["studied_credits"]),
                "attempts": float(row["num_of_prev_attempts"]),
                "woman": float(row["gender"] == "F"),
                "disability": float(row["disability"] == "Y"),
                **{
                    one: float(levels.index(row[one])) if row[one] in levels else None
                    for one, levels in LEVELS.items()
                },
                **{f"module {one}": float(who[0] == one) for one in MODULES},
            }
            for column, value in values.items():
                table[column].append(value)
    return dict(table), outcomes


def chosen_rows(table: Table, keep: Callable[[int], bool]) -> Table:
    rows = [row for row in range(len(table["account"])) if keep(row)]
    return {name: [column[row] for row in rows] for name, column in table.items()}


def oulad(folder: Path) -> list[str]:
    table, outcomes = oulad_tables(folder)
    earlier = chosen_rows(table, lambda row: table["presentation"][row] != "2014B")
    test = chosen_rows(table, lambda row: table["presentation"][row] == "2014B")
    # the rival: early in the course more give up; nothing else
    test["early"] = [-days for days in test["days_in"]]
    fit = fit_risk(earlier, outcomes, as_of=BEFORE, features=STUDENT, refits=0)
    base = rates(earlier, outcomes, BEFORE, (30, 90, 180))
    last = BEGINS["2014B"] + dt.timedelta(days=300)
    out = later(fit, test, outcomes, last, ("days in the course", "early"), base)
    table["segment"] = [name.split()[0] for name in table["account"]]
    # the day before the later part begins: 2013J goes on beside it and is asked no more
    kept = chosen_rows(
        table, lambda row: table["as_of"][row] < BEFORE or table["presentation"][row] == "2014B"
    )
    return out + watched(fit, kept, outcomes, BEFORE - dt.timedelta(days=1), last)


# --- git activity: people who did nothing in the next quarter ----------------------------------

SPLIT = dt.date(2022, 3, 31)
LAST = dt.date(2025, 6, 30)
HABIT = (
    "recency",
    "events_30",
    "events_90",
    "events_365",
    "days_90",
    "days_365",
    "tenure",
    "projects",
    "trend",
)


def quarter_ends() -> list[dt.date]:
    months = [(year, month) for year in range(2014, 2026) for month in (4, 7, 10, 13)]
    ends = [
        dt.date(year + month // 13, (month - 1) % 12 + 1, 1) - dt.timedelta(days=1) for year, month in months
    ]
    return [day for day in ends if day <= LAST]


def git_tables(folder: Path) -> tuple[Table, Table]:
    """A snapshot at each quarter's end of everybody who did something in it; who does nothing in the next one leaves on its 85th day
    and returns with the next event."""
    seen: dict[str, list[int]] = defaultdict(list)
    projects: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows_of(folder / "git_activity" / "events_until_2025-06-30.csv.gz"):
        if row["is_bot"] == "0":
            day = dt.date.fromisoformat(row["timestamp"][:10]).toordinal()
            seen[row["user_id"]].append(day)
            first = projects[row["user_id"]]
            first[row["account_id"]] = min(day, first.get(row["account_id"], day))
    table: Table = defaultdict(list)
    outcomes: Table = {"account": [], "on": [], "kind": []}
    ends = [day.toordinal() for day in quarter_ends()]
    for who, days in seen.items():
        days.sort()
        for before, end, after in zip(ends, ends[1:], [*ends[2:], None], strict=False):
            until = bisect_right(days, end)
            if bisect_right(days, before) == until:
                continue
            for column, value in {
                "account": who,
                "as_of": dt.date.fromordinal(end),
                **_habit(days[:until], end, projects[who]),
            }.items():
                table[column].append(value)
            if after is not None and bisect_right(days, after) == until:
                outcomes["account"].append(who)
                outcomes["on"].append(dt.date.fromordinal(end + 85))
                outcomes["kind"].append("churn")
                if until < len(days):
                    outcomes["account"].append(who)
                    outcomes["on"].append(dt.date.fromordinal(days[until]))
                    outcomes["kind"].append("reactivation")
    return dict(table), outcomes


def _habit(days: list[int], end: int, projects: dict[str, int]) -> dict[str, float]:
    def since(length: int) -> list[int]:
        return days[bisect_left(days, end - length + 1) :]

    recent, before = len(since(45)), len(since(90)) - len(since(45))
    return {
        "recency": float(end - days[-1]),
        **{f"events_{length}": math.log1p(len(since(length))) for length in (30, 90, 365)},
        **{f"days_{length}": math.log1p(len(set(since(length)))) for length in (90, 365)},
        "tenure": math.log1p(end - days[0]),
        "projects": float(sum(first <= end for first in projects.values())),
        "trend": math.log1p(recent) - math.log1p(before),
    }


def git(folder: Path) -> list[str]:
    table, outcomes = git_tables(folder)
    test = chosen_rows(table, lambda row: table["as_of"][row] >= SPLIT)
    earlier = chosen_rows(table, lambda row: table["as_of"][row] < SPLIT)
    fit = fit_risk(earlier, outcomes, as_of=SPLIT, features=HABIT, horizons=[90], refits=0)
    out = later(
        fit,
        test,
        outcomes,
        LAST,
        ("days since the last event", "recency"),
        rates(earlier, outcomes, SPLIT, (90,)),
    )
    if fit.model is not None:
        told = {**table, "value": fit.model.predict(table).probability[90]}
        watch = drift(told, outcomes, 90, fitted_on=SPLIT, as_of=LAST)
        out += [
            "",
            f"Drift watch since {SPLIT}: {watch.trust}; reasons: {', '.join(watch.reasons) or 'none'}; first broken on {watch.broke_on or '—'}.",
        ]
    return out


SECTIONS = {"telco": telco, "oulad": oulad, "git": git}


def written(page: str, name: str, lines: list[str]) -> str:
    """The page with the part between its marks replaced. ValueError where it has none."""
    start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, middle, rest = page.partition(start)
    _old, close, after = rest.partition(end)
    if not middle or not close:
        raise ValueError(f"{PAGE.name} has no part {name}")
    return before + start + "\n".join(lines) + end + after


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    page = PAGE.read_text("utf-8")
    for name, section in SECTIONS.items():
        page = written(page, name, section(folder))
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
