"""Benchmark (a): the monthly waterfall over 1,000,000 subscriptions and 36 months.

Banso's ``monthly()`` beside pandas (explode by month), DuckDB (hand-written SQL: exploded, from the
movements, and on intervals) and PostgreSQL, over the same made-up company. Every engine runs in a
process of its own, must give the same totals for every month and class, and is timed from data it
already holds: loading is measured apart.

    python benchmarks/waterfall.py [--subscriptions N] [--runs 5] [--engines banso,pandas,...]
    python benchmarks/waterfall.py --markdown [FILE]     # a section for results.md

PostgreSQL takes part when BANSO_BENCH_PG holds a connection string; its tables are temporary.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

MONTHS = 36
FIRST = dt.date(2023, 10, 1)
KINDS = ("new", "reactivation", "expansion", "contraction", "churn")
ENGINES = (
    "banso",
    "pandas explode",
    "duckdb explode",
    "duckdb movements",
    "duckdb intervals",
    "postgresql explode",
    "postgresql intervals",
)
Totals = list[list[int]]
Runner = Callable[[], Totals]


# --- the company -------------------------------------------------------------------------------


def generate(subscriptions: int, folder: Path) -> dict[str, int]:
    """Subscriptions with prices that change, ends, and returns after more than 30 days.

    Writes the same history twice, each in order of day as a system records it: ``movements``
    (account, on, delta) and ``intervals`` (account, from, to, mrr; ``to`` is the day of the next
    change). Lives are long enough that nobody is new and gone in one month: the competitors do not
    know that rule.
    """
    rng = np.random.default_rng(20261124)
    span = MONTHS * 30
    begin = rng.integers(0, span, subscriptions)
    life = 62 + rng.geometric(1 / 420, subscriptions)
    parts = [_prices(rng, np.arange(subscriptions), begin, begin + life)]
    back = np.flatnonzero((rng.random(subscriptions) < 0.08) & (begin + life < span))
    again = begin[back] + life[back] + rng.integers(65, 200, len(back))
    parts.append(_prices(rng, back, again, again + 62 + rng.geometric(1 / 420, len(back))))
    account, start, end, mrr, last = (np.concatenate(column) for column in zip(*parts, strict=True))
    base = FIRST.toordinal()
    order = np.argsort(start, kind="stable")
    interval = {
        "account": account[order].astype(np.int32),
        "from": (start[order] + base).astype(np.int32),
        "to": (end[order] + base).astype(np.int32),
        "mrr": mrr[order],
    }
    before = np.zeros(len(mrr), dtype=np.int64)
    follows = np.flatnonzero((account[1:] == account[:-1]) & (start[1:] == end[:-1])) + 1
    before[follows] = mrr[follows - 1]
    who = np.concatenate((account, account[last]))
    day = np.concatenate((start, end[last])) + base
    delta = np.concatenate((mrr - before, -mrr[last]))
    order = np.argsort(day, kind="stable")
    movement = {
        "account": who[order].astype(np.int32),
        "on": day[order].astype(np.int32),
        "delta": delta[order],
    }
    for name, table in (("intervals", interval), ("movements", movement)):
        for column, values in table.items():
            np.save(folder / f"{name}.{column}.npy", values)
    return {"subscriptions": subscriptions, "intervals": len(mrr), "movements": len(delta)}


def _prices(
    rng: np.random.Generator, account: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, ...]:
    """One to three price intervals per life, in order: account, start, end, mrr, last of its life."""
    cuts = np.minimum(rng.geometric(0.52, len(account)), 3)
    owner = np.repeat(np.arange(len(account)), cuts)
    first = np.append(True, owner[1:] != owner[:-1])
    last = np.append(owner[1:] != owner[:-1], True)
    at = np.where(first, 0.0, rng.random(len(owner)))
    order = np.lexsort((at, owner))
    length = (end - start)[owner]
    begins = start[owner] + (at[order] * length).astype(np.int64)
    ends = np.where(last, end[owner], np.append(begins[1:], 0))
    mrr = rng.integers(5, 500, len(owner)) * 1000
    keep = begins < ends  # two changes on one day leave only the later
    last = last & keep
    return account[owner][keep], begins[keep], ends[keep], mrr[keep].astype(np.int64), last[keep]


def load(folder: Path, name: str, *columns: str) -> list[np.ndarray]:
    return [np.load(folder / f"{name}.{column}.npy") for column in columns]


def month_index(days: np.ndarray) -> np.ndarray:
    """Months since the first, of day ordinals; what a competitor's table would hold as a column."""
    since = (days.astype(np.int64) - dt.date(1970, 1, 1).toordinal()).astype("datetime64[D]")
    first = (FIRST.year - 1970) * 12 + FIRST.month - 1
    return (since.astype("datetime64[M]").astype(np.int64) - first).astype(np.int32)


# --- engines: each gives a function to time and its totals -------------------------------------


@contextlib.contextmanager
def banso(folder: Path, form: str) -> Iterator[Runner]:
    from banso.revenue import Book, monthly

    account, on, delta = load(folder, "movements", "account", "on", "delta")
    units = delta * 10_000
    names = tuple(map(str, range(int(account.max()) + 1)))
    end = f"{FIRST.year + (FIRST.month + MONTHS - 2) // 12}-{(FIRST.month + MONTHS - 2) % 12 + 1:02d}"

    def run() -> Totals:
        book = Book.from_arrays(account=account, on=on, delta=units, accounts=names)
        series = monthly(book, f"{FIRST:%Y-%m}", end)
        return [[int(getattr(row, kind)) for kind in KINDS] for row in series]

    yield run


def interval_months(folder: Path) -> dict[str, np.ndarray]:
    account, begin, end, mrr = load(folder, "intervals", "account", "from", "to", "mrr")
    return {"account": account, "f": month_index(begin), "t": month_index(end), "mrr": mrr}


@contextlib.contextmanager
def pandas(folder: Path, form: str) -> Iterator[Runner]:
    import pandas as pd

    table = pd.DataFrame(interval_months(folder))

    def run() -> Totals:
        seen = table[table["f"] < table["t"]]
        count = seen["t"] - seen["f"]
        rows = seen.loc[seen.index.repeat(count)].reset_index(drop=True)
        rows["month"] = rows["f"] + rows.groupby(["account", "f"]).cumcount()
        rows = rows.sort_values(["account", "month"])
        accounts = rows.groupby("account")
        last, when = accounts["mrr"].shift(), accounts["month"].shift()
        following = accounts["month"].shift(-1)
        change = rows["mrr"] - last
        held = when == rows["month"] - 1
        bars = {
            "new": rows["mrr"].where(when.isna(), 0),
            "reactivation": rows["mrr"].where(when.notna() & ~held, 0),
            "expansion": change.where(held & (change > 0), 0),
            "contraction": -change.where(held & (change < 0), 0),
        }
        sums = pd.DataFrame(bars).groupby(rows["month"]).sum()
        gone = rows[following != rows["month"] + 1]
        sums["churn"] = gone.groupby(gone["month"] + 1)["mrr"].sum()
        sums = sums.reindex(range(MONTHS)).fillna(0).astype("int64")
        return [[int(value) for value in row] for row in sums[list(KINDS)].to_numpy()]

    yield run


EXPLODE = """
with rows as ({source}),
seen as (
  select account, month, mrr,
    lag(mrr) over w as prev, lag(month) over w as prev_month, lead(month) over w as next_month
  from rows window w as (partition by account order by month)
),
parts as (
  select month as m,
    case when prev_month is null then 0 when prev_month < month - 1 then 1
         when mrr > prev then 2 when mrr < prev then 3 end as kind,
    case when prev_month = month - 1 then abs(mrr - prev) else mrr end as amount
  from seen
  union all
  select month + 1, 4, mrr from seen where next_month is null or next_month > month + 1
)
select m, kind, sum(amount) from parts
where kind is not null and m between 0 and {last} group by 1, 2
"""

INTERVALS = """
with seen as (
  select account, f, t, mrr,
    lag(mrr) over w as prev, lag(t) over w as prev_end, lead(f) over w as next_start
  from intervals where f < t window w as (partition by account order by f)
),
parts as (
  select f as m,
    case when prev_end is null then 0 when prev_end < f then 1
         when mrr > prev then 2 when mrr < prev then 3 end as kind,
    case when prev_end = f then abs(mrr - prev) else mrr end as amount
  from seen
  union all
  select t, 4, mrr from seen where next_start is null or next_start > t
)
select m, kind, sum(amount) from parts
where kind is not null and m between 0 and {last} group by 1, 2
"""

MOVEMENTS = """
with net as (select account, month as m, sum(delta) as d from movements group by 1, 2),
run as (
  select m, d, sum(d) over w as after, min(m) over (partition by account) as first
  from net window w as (partition by account order by m)
)
select m,
  case when after = d and m = first then 0 when after = d then 1 when after = 0 then 4
       when d > 0 then 2 else 3 end as kind,
  sum(abs(d)) from run where d <> 0 and m between 0 and {last} group by 1, 2
"""


def totals_of(found: list[tuple[Any, ...]]) -> Totals:
    out = [[0] * len(KINDS) for _ in range(MONTHS)]
    for month, kind, amount in found:
        out[int(month)][int(kind)] = int(amount)
    return out


@contextlib.contextmanager
def duckdb(folder: Path, form: str) -> Iterator[Runner]:
    import duckdb as engine

    connection = engine.connect()
    if form == "movements":
        account, on, delta = load(folder, "movements", "account", "on", "delta")
        source = {"account": account, "month": month_index(on), "delta": delta}
    else:
        source = interval_months(folder)
    table = "movements" if form == "movements" else "intervals"
    connection.register("source", source)
    connection.execute(f"create table {table} as select * from source")
    connection.unregister("source")
    rows = "select account, unnest(range(f, t)) as month, mrr from intervals where f < t"
    query = {"explode": EXPLODE, "movements": MOVEMENTS, "intervals": INTERVALS}[form]
    query = query.format(source=rows, last=MONTHS - 1)
    yield lambda: totals_of(connection.execute(query).fetchall())
    connection.close()


@contextlib.contextmanager
def postgresql(folder: Path, form: str) -> Iterator[Runner]:
    import psycopg

    with psycopg.connect(os.environ["BANSO_BENCH_PG"]) as connection:
        connection.execute("create temporary table intervals (account int, f int, t int, mrr bigint)")
        columns = interval_months(folder)
        with connection.cursor().copy("copy intervals from stdin") as copy:
            names = ("account", "f", "t", "mrr")
            for row in zip(*(columns[name].tolist() for name in names), strict=True):
                copy.write_row(row)
        connection.execute("analyze intervals")
        connection.execute("set work_mem = '512MB'")
        rows = "select account, generate_series(f, t - 1) as month, mrr from intervals where f < t"
        query = (EXPLODE if form == "explode" else INTERVALS).format(source=rows, last=MONTHS - 1)
        yield lambda: totals_of(connection.execute(query).fetchall())


def work(engine: str, folder: Path, runs: int) -> None:
    """One engine in this process: prints its times, totals and peak memory as JSON."""
    name, _, form = engine.partition(" ")
    opened = {"banso": banso, "pandas": pandas, "duckdb": duckdb, "postgresql": postgresql}[name]
    started = time.perf_counter()
    with opened(folder, form) as run:
        loading = time.perf_counter() - started
        held = _peak()
        totals = run()  # not counted: it warms caches and allocators alike
        seconds = []
        for _ in range(runs):
            started = time.perf_counter()
            again = run()
            seconds.append(time.perf_counter() - started)
            if again != totals:
                raise SystemExit(f"{engine}: two runs differ")
        result = {"seconds": seconds, "loading": loading, "held": held, "peak": _peak(), "totals": totals}
    print(json.dumps(result))


def _peak() -> float:
    """Peak resident memory of this process in MB.

    Linux hands a parent's ru_maxrss on to its children, so the kernel's own mark of this program is
    read where there is one.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- the report --------------------------------------------------------------------------------


def measure(engines: list[str], folder: Path, runs: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for engine in engines:
        command = [sys.executable, __file__, "--work", engine, "--data", str(folder), "--runs", str(runs)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{engine} failed:\n{done.stderr}")
        found[engine] = json.loads(done.stdout)
        print(f"  {engine}: {statistics.median(found[engine]['seconds']):.3f} s", file=sys.stderr)
    first = engines[0]
    for engine, result in found.items():
        if result["totals"] != found[first]["totals"]:
            raise SystemExit(f"{engine} and {first} give different totals")
    return found


def report(found: dict[str, dict[str, Any]], sizes: dict[str, int], runs: int) -> str:
    own = statistics.median(found["banso"]["seconds"])
    fastest = min(statistics.median(result["seconds"]) for result in found.values())
    lines = [
        "## (a) Monthly waterfall",
        "",
        f"{sizes['subscriptions']:,} subscriptions, {sizes['intervals']:,} price intervals "
        f"({sizes['movements']:,} movements), {MONTHS} months; {dt.datetime.now(dt.UTC):%Y-%m-%d}, "
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}. Median of {runs} runs after one warm-up; "
        "each engine in its own process, its data already loaded; every engine gave the same totals for "
        "every month and class. Banso runs on one core, applies the late-renewal and residue rules that the "
        "others leave out, and its time includes making the book from arrays.",
        "",
        "| engine | median s | min–max s | × Banso | load s | peak MB (before → after) |",
        "|---|---|---|---|---|---|",
    ]
    for engine, result in found.items():
        seconds = result["seconds"]
        median = statistics.median(seconds)
        where = " (client only)" if engine.startswith("postgresql") else ""
        lines.append(
            f"| {engine} | {median:.3f} | {min(seconds):.3f}–{max(seconds):.3f} | {median / own:.2f} | "
            f"{result['loading']:.2f} | {result['held']:,.0f} → {result['peak']:,.0f}{where} |"
        )
    lines += ["", f"Banso takes {own / fastest:.2f} × the time of the fastest engine here."]
    if "pandas explode" in found:
        ratio = statistics.median(found["pandas explode"]["seconds"]) / own
        lines[-1] += f" It is {ratio:.0f} × as fast as pandas exploding by month."
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscriptions", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--engines", default=",".join(ENGINES), help="comma separated")
    parser.add_argument("--markdown", nargs="?", const="-", metavar="FILE", help="append the section to FILE")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.data, asked.runs)
        return
    engines = [engine.strip() for engine in asked.engines.split(",")]
    unknown = sorted(set(engines) - set(ENGINES))
    if unknown:
        parser.error(f"unknown engines: {', '.join(unknown)}")
    if "BANSO_BENCH_PG" not in os.environ:
        engines = [engine for engine in engines if not engine.startswith("postgresql")]
    if "banso" not in engines:
        engines.insert(0, "banso")
    with tempfile.TemporaryDirectory() as name:
        sizes = generate(asked.subscriptions, Path(name))
        print(f"made {sizes['intervals']:,} intervals, {sizes['movements']:,} movements", file=sys.stderr)
        text = report(measure(engines, Path(name), asked.runs), sizes, asked.runs)
    if asked.markdown and asked.markdown != "-":
        with Path(asked.markdown).open("a", encoding="utf-8") as out:
            out.write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
