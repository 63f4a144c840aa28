"""Benchmark (c): the import of 1,000,000 movement rows beside a bare read of the same file.

Every run has a fresh home whose customers are imported beforehand and not timed; the contracts become known from
their movements. Timed are the two passes of the engine (check, then write with publishing and everything that hangs
on it), and in the same process before and after it Python's `csv.reader` over the file, counting rows.

    python -m benchmarks.imports [--rows 1000000] [--runs 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import homes

EACH = 20  # movements a customer
FIRST = dt.date(2023, 4, 1)


def write_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """(folder of accounts.csv, folder of movements.csv): a start and then rises and falls that never pass below 0."""
    chance = random.Random(20261124)
    accounts, movements = folder / "accounts", folder / "movements"
    accounts.mkdir()
    movements.mkdir()
    customers = max(rows // EACH, 1)
    with (accounts / "accounts.csv").open("w", encoding="utf-8") as file:
        file.write("account_id,name,segment\n")
        file.writelines(
            f"A{n:06d},計測{n:06d}株式会社,{'SMB' if n % 3 else 'MID'}\n" for n in range(customers)
        )
    days = [(FIRST + dt.timedelta(days=day)).isoformat() for day in range(1300)]
    with (movements / "movements.csv").open("w", encoding="utf-8") as file:
        file.write(
            "movement_id,account_id,contract_id,product,effective_on,mrr_delta,currency,cause,recorded_at\n"
        )
        for number in range(rows):
            customer, turn = number % customers, number // customers
            delta = 100_000 if turn == 0 else chance.choice((-2_000, 3_000, 5_000))
            day = days[turn * 60 + chance.randrange(60)]
            cause = "new" if turn == 0 else "upsell" if delta > 0 else "downgrade"
            file.write(
                f"M{number:07d},A{customer:06d},K{customer:06d},本体,{day},{delta},JPY,{cause},{day}T10:00:00+09:00\n"
            )
    return accounts, movements


def bare(path: Path) -> float:
    """Seconds to read the file with csv.reader and count its rows."""
    begin = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        count = sum(1 for _row in csv.reader(file))
    assert count > 1
    return time.perf_counter() - begin


def peak() -> float:
    """Peak resident memory of this process in MB, where the kernel tells it."""
    try:
        text = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return float("nan")
    return next(
        (int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM:")), float("nan")
    )


def timed(folder: Path) -> dict[str, float]:
    """One run in this process's home."""
    homes.start()
    homes.bring(folder / "accounts", "accounts")
    path = folder / "movements" / "movements.csv"
    before = bare(path)
    held = peak()
    cpu = time.process_time()
    seconds = homes.bring(folder / "movements", "movements")
    cpu = time.process_time() - cpu
    return {**seconds, "cpu": cpu, "bare": min(before, bare(path)), "held": held, "peak": peak()}


def measure(rows: int, runs: int) -> dict[str, Any]:
    """Every run with its seconds; the same file each time, a new home each time."""
    with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
        base = Path(name)
        _accounts, movements = write_files(base, rows)
        found = []
        for number in range(runs):
            home = base / f"home{number}"
            homes.mark(home)
            found.append(homes.run_step("benchmarks.imports", home, "--work", "--data", str(base)))
            print(f"  import {number + 1}: {found[-1]}", file=sys.stderr)
        size = (movements / "movements.csv").stat().st_size
    return {"rows": rows, "bytes": size, "runs": found, "load": os.getloadavg()[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        print(json.dumps(timed(asked.data)))
        return
    from benchmarks.report import imports_section

    found = measure(asked.rows, asked.runs)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))
    print(imports_section(found))


if __name__ == "__main__":
    main()
