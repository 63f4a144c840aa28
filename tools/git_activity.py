"""The real event log of twelve open-source projects: its change points for docs/git-activity.md, and as files for an import.

    python -m tools.git_activity FOLDER            prints the report's table
    python -m tools.git_activity FOLDER --files OUT   writes OUT/accounts.csv, OUT/events.csv and OUT/usage_daily.csv

FOLDER holds events_until_2025-06-30.csv.gz. A test compares the printed table with the report.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from statistics import mean

from banso.periods import jst_day, week_start
from banso.usage import changepoints
from banso.usage.weeks import WEEK

NAME = "events_until_2025-06-30.csv.gz"
#: The last whole week of the log.
LAST = date(2025, 6, 23)
#: A level of people a week that lasts shorter is not called one.
LEAST_WEEKS = 8
Row = dict[str, str]


def events(folder: Path) -> Iterator[Row]:
    """People's events, programs' left out."""
    with gzip.open(folder / NAME, "rt", encoding="utf-8", newline="") as file:
        yield from (row for row in csv.DictReader(file) if row["is_bot"] == "0")


def day_of(row: Row) -> date:
    return jst_day(datetime.fromisoformat(row["timestamp"]))


def weekly_people(folder: Path) -> dict[str, dict[date, int]]:
    """{project: {Monday: distinct people}} from its first week to LAST, weeks without anybody too."""
    seen: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in events(folder):
        seen[row["account_id"]][week_start(day_of(row))].add(row["user_id"])
    out: dict[str, dict[date, int]] = {}
    for project, weeks in sorted(seen.items()):
        monday, out[project] = min(weeks), {}
        while monday <= LAST:
            out[project][monday] = len(weeks.get(monday, ()))
            monday += WEEK
    return out


def levels(weekly: dict[date, int]) -> list[tuple[date, int, float]]:
    """(Monday it begins, weeks, mean people a week) of each stretch between change points."""
    mondays, people = list(weekly), list(weekly.values())
    edges = [0, *changepoints(people, counts=True, min_size=LEAST_WEEKS), len(people)]
    return [(mondays[a], b - a, mean(people[a:b])) for a, b in pairwise(edges)]


def table(folder: Path) -> str:
    lines = ["| project | from the week of | weeks | people a week |", "|---|---|---|---|"]
    for project, weekly in weekly_people(folder).items():
        lines += [
            f"| {project} | {monday} | {weeks} | {level:.1f} |" for monday, weeks, level in levels(weekly)
        ]
    return "\n".join(lines)


def write_files(folder: Path, out: Path) -> None:
    """The log as an import brings it in: each project an account, the kind of commit a feature, the mail's domain a department."""
    out.mkdir(parents=True, exist_ok=True)
    rows = list(events(folder))
    used: dict[tuple[str, date, str, str], list[str]] = defaultdict(list)
    for row in rows:
        used[row["account_id"], day_of(row), row["org_id"], row["event"]].append(row["user_id"])
    tables: dict[str, tuple[list[str], list[list[object]]]] = {
        "accounts": (
            ["account_id", "name"],
            [[name, name] for name in sorted({row["account_id"] for row in rows})],
        ),
        "events": (
            ["message_id", "timestamp", "account_id", "user_id", "event", "department"],
            [
                [row[key] for key in ("message_id", "timestamp", "account_id", "user_id", "event", "org_id")]
                for row in rows
            ],
        ),
        "usage_daily": (
            ["account_id", "day", "department", "feature", "users", "events"],
            [[*key, len(set(people)), len(people)] for key, people in used.items()],
        ),
    }
    for name, (columns, lines) in tables.items():
        with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.git_activity", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=Path)
    asked = parser.parse_args()
    if asked.files:
        write_files(asked.folder, asked.files)
    else:
        print(table(asked.folder))


if __name__ == "__main__":
    main()
