"""Benchmark (h): the back-test of 24 months × 20,000 customers, the alert budget on the same rows, and the fit of a risk model, timed apart.

The history is made up (`banso.simulate.signal_history`): customers with ten signals, who leave by four of them. Tables are columns of plain lists, as
the product hands them over; each step runs in a process of its own, whose highest resident memory is told.

    python -m benchmarks.backtesting [--accounts 20000]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from banso.health import alert_budget, backtest, fit_risk
from banso.simulate import SignalHistory, SignalPlan, signal_history

MONTHS = 24
AIM = 120  # seconds, for rebuilding, scoring and statistics together


def history(accounts: int) -> SignalHistory:
    return signal_history(SignalPlan(accounts=accounts, months=MONTHS))


def snapshots(made: SignalHistory) -> dict[str, Any]:
    """A score out of 100 that knows the risk with some noise, 40 members and three segments."""
    random = np.random.default_rng(2)
    line = np.log(made.chance / (1 - made.chance)) + random.normal(0, 1, len(made.chance))
    rank = np.argsort(np.argsort(-line)) / len(line)
    number = np.array([int(name[1:]) for name in made.panel["account"]])
    return {
        "account": made.panel["account"],
        "as_of": made.panel["as_of"],
        "value": (100 * rank).tolist(),
        "segment": [("大口", "中堅", "小口")[one % 3] for one in number],
        "member": [f"M{one % 40}" for one in number],
        "recency": random.exponential(5, len(number)).tolist(),
    }


def statistics(made: SignalHistory, table: dict[str, Any]) -> str:
    found = backtest(table, made.outcomes, 90, capacity=20)
    return f"AUC {found.auc.value:.3f}, {found.counted.used:,} rows with {found.counted.accounts_with_event:,} departures"


def budget(made: SignalHistory, table: dict[str, Any]) -> str:
    found = alert_budget(table, made.outcomes, 90, alerts_per_member_day=0.2, precision=0.1)
    return f"threshold {found.threshold:.1f}" if found.threshold is not None else str(found.reason)


def refit(made: SignalHistory, _table: dict[str, Any]) -> str:
    found = fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals)
    return f"{found.chosen}, of {len(found.tried)} tried, 20 refits for the interval"


STEPS: dict[str, Callable[[SignalHistory, dict[str, Any]], str]] = {
    "statistics": statistics,
    "alert budget": budget,
    "refit": refit,
}


def step(name: str, accounts: int) -> dict[str, Any]:
    """Run here; the history is made before the clock starts."""
    made = history(accounts)
    table = snapshots(made)
    begin = time.perf_counter()
    told = STEPS[name](made, table)
    seconds = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"step": name, "rows": len(table["account"]), "seconds": seconds, "mib": memory, "told": told}


def measure(accounts: int) -> list[dict[str, Any]]:
    out = []
    for name in STEPS:
        program = [
            sys.executable,
            "-m",
            "benchmarks.backtesting",
            "--accounts",
            str(accounts),
            "--step",
            name,
        ]
        done = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True)
        out.append(json.loads(done.stdout))
    return out


def section(found: list[dict[str, Any]], accounts: int) -> str:
    lines = [
        f"## (h) Back-test: {MONTHS} months × {accounts:,} customers",
        "",
        f"{found[0]['rows']:,} snapshots with a score, a member, a segment and days since the last use; horizon 90 days. The aim is {AIM} s for "
        "rebuilding, scoring and statistics; refits of the risk model are timed apart.",
        "",
        "| step | seconds | peak memory MiB | what came out |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one['step']} | {one['seconds']:.1f} | {one['mib']:,.0f} | {one['told']} |" for one in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtesting")
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--step", choices=STEPS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(step(asked.step, asked.accounts)))
    else:
        print(section(measure(asked.accounts), asked.accounts))


if __name__ == "__main__":
    main()
