"""`make bench`: all benchmarks one after another, written to benchmarks/results.md.

    python -m benchmarks [--quick] [--only a,b,c,d,e,f,g,h,i] [--out FILE]      all of it takes 29 minutes on two idle cores

`--quick` tries the whole run at small sizes; its figures are for nobody. PostgreSQL takes part in (a) where it is
installed: on a private server (tests/postgres.sh), or at BANSO_BENCH_PG (a connection string).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import backtesting, collecting, compacting, health, imports, night, pages, report, surviving
from benchmarks.homes import ROOT

#: How a private server's address reaches the benchmark, under a name that nobody's own database has.
HAND_OVER = ["sh", "-c", 'BANSO_BENCH_PG="$BANSO_DATABASE_URL" exec "$0" "$@"']


def beside_postgresql() -> list[str]:
    """What to put before a command so that it runs beside a private PostgreSQL; nothing where none is installed."""
    script = str(ROOT / "tests" / "postgres.sh")
    if "BANSO_BENCH_PG" in os.environ or subprocess.run([script, "true"], capture_output=True).returncode:
        return []
    return [script, *HAND_OVER]


def waterfall(quick: bool) -> str:
    """Section (a), by its own program."""
    size = ["--subscriptions", "20000", "--runs", "3"] if quick else []
    program = [sys.executable, str(ROOT / "benchmarks" / "waterfall.py"), "--markdown", *size]
    done = subprocess.run([*beside_postgresql(), *program], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip() + "\n"


def page_times(quick: bool) -> str:
    """Section (b)."""
    sizes, requests, rows = ((100, 200), 10, 2_000) if quick else ((2_000, 20_000, 100_000), 500, 60_000)
    with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
        return report.pages_section([pages.measure(size, Path(name), requests, rows) for size in sizes])


def import_times(quick: bool) -> str:
    """Section (c)."""
    return report.imports_section(imports.measure(20_000, 1) if quick else imports.measure(1_000_000, 3))


def collector(quick: bool) -> str:
    """Section (d)."""
    runs, seconds = (1, 0.5) if quick else (3, 5.0)
    return report.collecting_section([collecting.measure(batch, runs, seconds) for batch in (100, 500)])


def compactor(quick: bool) -> str:
    """Section (e)."""
    return report.compacting_section(
        compacting.measure(20_000, 1) if quick else compacting.measure(1_000_000, 3)
    )


def nights(quick: bool) -> str:
    """Section (f). A company of 2,000 with and without a year and a half more of history tells whether a night grows with it."""
    sizes, few = ((500, 1_000), 300) if quick else (NIGHTS, 2_000)
    found = [night.measure(size) for size in sizes]
    return report.nights_section(found, [night.measure(few), night.measure(few, older=100 if quick else 548)])


def survival(quick: bool) -> str:
    """Section (g)."""
    return report.surviving_section(surviving.measure(*((20_000, 1) if quick else (1_000_000, 3))))


def back_tests(quick: bool) -> str:
    """Section (h)."""
    accounts = 2_000 if quick else 20_000
    return backtesting.section(backtesting.measure(accounts), accounts)


def readings(quick: bool) -> str:
    """Section (i)."""
    return report.readings_section(health.measure(500 if quick else 100_000))


#: 10 million events; 100 million too where asked for by BANSO_BENCH_LARGE=1 (some ten minutes and 2 GB of disk more).
NIGHTS = (10_000, 100_000) if "BANSO_BENCH_LARGE" in os.environ else (10_000,)
SECTIONS = {
    "a": waterfall,
    "b": page_times,
    "c": import_times,
    "d": collector,
    "e": compactor,
    "f": nights,
    "g": survival,
    "h": back_tests,
    "i": readings,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--only",
        default=",".join(SECTIONS),
        help="(a) waterfall, (b) pages, (c) import, (d) collector, (e) compactor, (f) night, (g) survival, (h) back-test, (i) readings",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results.md")
    asked = parser.parse_args()
    text = f"# Benchmarks\n\nWritten by `make bench`.\n\n{report.machine()}\n"
    for key in asked.only.split(","):
        begin = time.monotonic()
        text += "\n" + SECTIONS[key.strip()](asked.quick)
        print(f"({key}) took {time.monotonic() - begin:.0f} s", file=sys.stderr)
        asked.out.write_text(text, encoding="utf-8")  # what is measured is kept, whatever happens to the rest


if __name__ == "__main__":
    main()
