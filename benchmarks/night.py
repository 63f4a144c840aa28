"""Benchmark (f): the nightly look at everybody's use over events, beside one SQL statement of DuckDB over the same files.

Events are made by DuckDB as the compactor would leave them (a sorted Parquet file a UTC day, in the manifest); accounts and contracts come
in through the import. Each step runs in a process of its own, whose highest resident memory is told. The statement does the bare
arithmetic and writes nothing; the night also finds silent days, reads seats, and writes verdicts with their evidence and alerts.

    python -m benchmarks.night [--sizes 10000,100000] [--json FILE]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import homes

DAY = dt.date(2026, 11, 24)  # a Tuesday; Monday was a holiday
FIRST = dt.date(2026, 5, 25)  # 26 weeks before its week: all that a night can look at
DAYS = (DAY - FIRST).days
#: Events of an account in these weeks.
EACH = 1_000
PERSONS = 24

#: Nothing here reads a messageId: short ones keep the files small.
EVENTS = """
    SELECT 1::INTEGER AS source, 'm' || i // 1000 AS message_id, 'track' AS kind, account || '-' || person AS user_id, '' AS anonymous_id,
      account AS group_id, '' AS previous_id, feature AS name, moment AS happened_at, (moment + INTERVAL 9 HOUR)::DATE AS local_day,
      moment::DATE AS day, true AS timed, moment AS received_at, 'A' AS product, 'D' || person % 3 AS department, feature,
      '{}' AS properties, '{}' AS context
    FROM (SELECT i, 'N' || lpad((h % $2)::VARCHAR, 6, '0') AS account, 'F' || (h // 7 % 5) AS feature,
        ($3::TIMESTAMP + to_microseconds((h % 86400000000)::BIGINT)) AS moment,
        -- every tenth account has few people; every fiftieth lost two thirds of them two weeks ago
        hash(i + 1, $3) % (CASE WHEN h % $2 % 10 = 1 OR (h % $2 % 50 = 0 AND $4) THEN 8 ELSE $5 END) AS person
      FROM (SELECT i, hash(i, $3) AS h FROM range($1) r(i)))
    ORDER BY group_id, user_id, happened_at"""

#: What the night answers, as bare arithmetic: $3 the ten comparable weeks, $4 the first of the last two, $6 the first day a use can begin.
STATEMENT = """
    WITH weekly AS (
        SELECT group_id AS account, date_trunc('week', local_day)::DATE AS monday,
          count(DISTINCT coalesce(nullif(user_id, ''), anonymous_id)) AS users
        FROM read_parquet($5) WHERE kind IN ('track', 'page', 'screen') AND group_id <> '' AND local_day >= $1 AND local_day < $2
        GROUP BY ALL),
      began AS (
        SELECT group_id AS account, min(local_day) AS first FROM read_parquet($5)
        WHERE kind IN ('track', 'page', 'screen') AND group_id <> '' AND local_day >= $6 AND local_day < $2 GROUP BY ALL),
      grid AS (
        SELECT account, first, monday, coalesce(users, 0) AS users
        FROM began CROSS JOIN (SELECT unnest($3::DATE[]) AS monday) LEFT JOIN weekly USING (account, monday)),
      levels AS (
        SELECT account, first, median(users) FILTER (monday < $4) AS baseline, avg(users) FILTER (monday >= $4) AS recent
        FROM grid GROUP BY ALL)
    SELECT account, baseline, recent,
      CASE WHEN baseline < 10 OR first >= $3[1] + 7 THEN 'not_judged' WHEN recent <= baseline * 0.7 THEN 'drop' ELSE 'steady' END
    FROM levels"""
#: Days on which each source sent, for the silent ones among them.
SENT = "SELECT DISTINCT source, local_day FROM read_parquet($1) WHERE local_day >= $2 AND local_day < $3"


def add_days(first: dt.date, days: int, per_day: int, accounts: int) -> int:
    """Write so many UTC days of events and name their files in the manifest; how many bytes they take."""
    from banso_web.core import clock
    from banso_web.warehouse.embedded import connection, folder
    from banso_web.warehouse.manifest import touch
    from banso_web.warehouse.models import EventSegment

    written, segments = 0, []
    with connection() as opened:
        for day in (first + dt.timedelta(days=offset) for offset in range(days)):
            path = folder() / f"{day:%Y%m%d}-bench.parquet"
            fallen = day >= DAY - dt.timedelta(days=16)
            begin = dt.datetime.combine(day, dt.time())
            opened.execute(
                f"COPY ({EVENTS}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)",
                [per_day, accounts, begin, fallen, PERSONS],
            )
            segments.append(
                EventSegment(
                    path=path.name, day=day, to_day=day, first_day=day, last_day=day + dt.timedelta(days=1), rows=per_day,
                    size=path.stat().st_size, sha256="", made_at=clock.now(),
                )
            )  # fmt: skip
            written += path.stat().st_size
    EventSegment.objects.bulk_create(segments)
    touch(first + dt.timedelta(days=offset) for offset in range(days + 1))
    return written


def company(accounts: int) -> None:
    """Accounts with a contract each."""
    codes = [f"N{number:06d}" for number in range(accounts)]
    with tempfile.TemporaryDirectory() as name:
        homes.write_table(
            Path(name) / "accounts.csv", [{"account_id": code, "name": f"計測{code}"} for code in codes]
        )
        homes.write_table(
            Path(name) / "contracts.csv",
            [
                {"contract_id": f"K{code}", "account_id": code, "product": "A", "seats": 30, "starts_on": "2025-04-01", "ends_on": "2027-03-31"}
                for code in codes
            ],
        )  # fmt: skip
        homes.bring(Path(name), "night")


def statement() -> dict[str, Any]:
    """The SQL statements, the second time of two (with warm files), and how many they say of what."""
    from banso.usage.weeks import WEEK, skip
    from banso_web.core.reads.calendar import calendar
    from banso_web.warehouse.embedded import connection, folder
    from banso_web.warehouse.models import EventSegment

    monday = DAY - dt.timedelta(days=DAY.weekday())
    first, early = monday - WEEK * 14, monday - WEEK * 26
    weeks = [
        week
        for week in (first + WEEK * number for number in range(14))
        if not skip(week, calendar(), (), 2)[0]
    ][-10:]
    paths = EventSegment.objects.filter(last_day__gte=early, first_day__lte=DAY).values_list(
        "path", flat=True
    )
    files = [str(folder() / path) for path in paths]
    with connection() as opened:
        for _turn in range(2):
            watch = Watch()
            rows = opened.execute(STATEMENT, [first, monday, weeks, weeks[-2], files, early]).fetchall()
            opened.execute(SENT, [files, early, DAY]).fetchall()
            taken = watch.taken()
    return taken | {"said": dict(Counter(row[3] for row in rows))}


class Watch:
    """Seconds of the clock and of all this process's threads."""

    def __init__(self) -> None:
        self._clock, self._cpu = time.perf_counter(), time.process_time()

    def taken(self) -> dict[str, Any]:
        return {"seconds": time.perf_counter() - self._clock, "cpu": time.process_time() - self._cpu}


def night() -> dict[str, Any]:
    """A night of the fixed day, and what it said."""
    from banso_web.core import clock
    from banso_web.usage.actions import detect
    from banso_web.usage.models import UsageVerdict

    watch = Watch()
    ran = detect(clock.today(), actor=None)
    taken = watch.taken()
    # The clock stands still in a benchmark's home: rows were written after the weeks they stand on were counted.
    UsageVerdict.objects.filter(made_at=clock.now()).update(made_at=clock.now() + dt.timedelta(seconds=1))
    return taken | {"said": dict(ran.verdicts), "written": ran.written, "raised": ran.raised}


def step(home: Path, day: dt.date, *what: str) -> dict[str, Any]:
    return homes.step(home, day, "benchmarks.night", "--home", str(home), "--step", *what)


def work(what: str, given: list[int]) -> dict[str, Any]:
    """One step, in this process. Its highest resident memory is told in MB."""
    homes.start()
    found: dict[str, Any] = {}
    if what == "make":
        accounts, first, days, per_day = given
        company(accounts)
        found["bytes"] = add_days(dt.date.fromordinal(first), days, per_day, accounts)
    elif what == "add":
        accounts, first, days, per_day = given
        add_days(dt.date.fromordinal(first), days, per_day, accounts)
    else:
        found = statement() if what == "statement" else night()
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measure(accounts: int, *, older: int = 0) -> dict[str, Any]:
    """All figures of a company of so many accounts, with so many days of events before those that a night can look at."""
    per_day = accounts * EACH // DAYS
    sunday = DAY - dt.timedelta(days=2)
    with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
        home = Path(name) / "home"
        homes.mark(home)
        first = FIRST - dt.timedelta(days=older)
        begin = time.monotonic()
        # Up to the Sunday before: what a night looks at is then the same for the statement and for Banso.
        made = step(
            home, DAY, "make", *map(str, (accounts, first.toordinal(), (sunday - first).days + 1, per_day))
        )
        found: dict[str, Any] = {
            "accounts": accounts, "events": per_day * ((sunday - first).days + 1), "bytes": made["bytes"], "made": time.monotonic() - begin,
            "statement": step(home, DAY, "statement"), "cold": step(home, DAY, "night"),
        }  # fmt: skip

        def later(days: int) -> dict[str, Any]:
            """The night so many days later, with the events since."""
            nonlocal sunday
            day = DAY + dt.timedelta(days=days)
            since, sunday = sunday + dt.timedelta(days=1), day - dt.timedelta(days=1)
            step(
                home, day, "add", *map(str, (accounts, since.toordinal(), (sunday - since).days + 1, per_day))
            )
            return step(home, day, "night")

        found["again"], found["wednesday"], found["monday"] = step(home, DAY, "night"), later(1), later(6)
        found["load"] = os.getloadavg()[0]
        shutil.rmtree(home)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.night", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument(
        "--older", type=int, default=0, help="days of events before those that a night can look at"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(work(asked.step[0], [int(text) for text in asked.step[1:]])))
        return
    found = [measure(int(size), older=asked.older) for size in asked.sizes.split(",")]
    text = json.dumps(found, indent=1)
    if asked.json:
        asked.json.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
