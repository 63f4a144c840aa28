"""Benchmark (b): server time and query count of the pages a day begins with, at three sizes of company.

Each size has a home of its own: made by `banso.simulate`, imported by the engine. Times are taken twice: in the
process (Django's test client: middleware, view, template, no socket) and over HTTP from granian started with the
product's own command line, one kept connection. The aimed case (one client, 基準日 today) is asked `--requests` times
either way; what stands beside it (four clients, a year ago) BESIDE times. Queries are counted in requests of their own,
which are not timed, and the first request of a fresh server is told apart from the warm ones.

    python -m benchmarks.pages [--sizes 2000,20000,100000] [--requests 500] [--homes FOLDER] [--json FILE]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks import homes, report
from benchmarks.report import PAGES

WARM_UP = 30
BESIDE = 200  # requests of the cases beside the aimed one
CUSTOMERS = 50  # the customer page is asked of so many customers in turn
YEAR_AGO = "2025-11-24"
Fetch = Callable[[str], None]


def percentile(values: list[float], share: float) -> float:
    """Nearest rank, of at least one value."""
    return sorted(values)[max(-(-len(values) * int(share * 100) // 100) - 1, 0)]


def summary(seconds: list[float]) -> dict[str, float]:
    """Milliseconds: p50, p95, the slowest, and how many requests they are of."""
    ms = [one * 1000 for one in seconds]
    return {"p50": percentile(ms, 0.5), "p95": percentile(ms, 0.95), "max": max(ms), "n": len(ms)}


def addresses(as_of: str = "") -> dict[str, list[str]]:
    """The address (for the customer page: the addresses) of every page, for the data of this process's home."""
    from django.db.models import Count

    from banso_web.accounts.models import Account

    segments = Account.objects.exclude(segment="").values("segment").annotate(n=Count("pk")).order_by("n")
    segment = quote(list(segments)[len(segments) // 2]["segment"])
    ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    chosen = ids[:: max(len(ids) // CUSTOMERS, 1)][:CUSTOMERS]
    found = {
        "list": [f"/customers/?segment={segment}&sort=-mrr"],
        "customer": [f"/customers/{one}/" for one in chosen],
        "board": ["/numbers/"],
        "grid": ["/portfolio/"],
    }
    if not as_of:
        return found
    return {
        page: [f"{one}{'&' if '?' in one else '?'}as_of={as_of}" for one in urls]
        for page, urls in found.items()
    }


def timed(
    fetch: Fetch, urls: list[str], requests: int, cpu: list[float] | None = None, *, warm: bool = False
) -> list[float]:
    """Seconds of each request, after a warm-up that asks every address at least once (a short one where the server is
    `warm`); into `cpu` this thread's own."""
    for number in range(5 if warm else max(WARM_UP, len(urls))):
        fetch(urls[number % len(urls)])
    seconds = []
    for number in range(requests):
        begin, own = time.perf_counter(), time.thread_time()
        fetch(urls[number % len(urls)])
        seconds.append(time.perf_counter() - begin)
        if cpu is not None:
            cpu.append(time.thread_time() - own)
    return seconds


# --- in the process ----------------------------------------------------------------------------


def in_process(requests: int) -> dict[str, Any]:
    """p50 and p95 of every page by Django's test client, and its query counts; today and a year ago."""
    homes.start()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    name, value = homes.session_cookie()
    client.cookies[name] = value
    assert settings.DEBUG is False

    def fetch(url: str) -> None:
        response = client.get(url)
        if response.status_code != 200:
            raise SystemExit(f"{url}: {response.status_code}")

    found: dict[str, Any] = {}
    for when, as_of in (("today", ""), ("year_ago", YEAR_AGO)):
        for page, urls in addresses(as_of).items():
            cpu: list[float] = []
            count = min(requests, BESIDE) if as_of else requests
            result: dict[str, Any] = summary(timed(fetch, urls, count, cpu))
            result["cpu_p50"] = percentile(cpu, 0.5) * 1000
            counts = []
            for url in urls[:10]:
                with CaptureQueriesContext(connection) as queries:
                    fetch(url)
                counts.append(len(queries))
            found[f"{page}/{when}"] = {**result, "queries": [min(counts), max(counts)], "url": urls[0]}
    return found


# --- over HTTP ---------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    """granian as `banso up` starts it, on the home."""
    from banso_web.operations.supervise import children, wait_until_served

    port = free_port()
    command = children("127.0.0.1", port)[0].command
    process = subprocess.Popen(command, env=homes.environment(home), stderr=subprocess.DEVNULL)
    if not wait_until_served("127.0.0.1", port):
        process.terminate()
        raise SystemExit("the server did not start")
    return process, port


def visitor(port: int, cookie: str) -> Fetch:
    """One client with one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def fetch(url: str) -> None:
        connection.request("GET", url, headers={"Cookie": cookie})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{url}: {response.status}")

    return fetch


def together(port: int, cookie: str, urls: list[str], requests: int, clients: int) -> list[float]:
    """Seconds of every request of several clients that ask at the same time."""
    found: list[float] = []

    def visit() -> None:
        found.extend(timed(visitor(port, cookie), urls, requests // clients, warm=True))

    threads = [threading.Thread(target=visit) for _client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def during_import(
    home: Path, port: int, cookie: str, urls: dict[str, list[str]], folder: Path
) -> dict[str, Any]:
    """One client asks the pages in turn while another process imports; only requests begun within the import count."""
    command = [sys.executable, "-m", "benchmarks.pages", "--work", "import", "--data", str(folder)]
    process = subprocess.Popen(
        command, env=homes.environment(home), cwd=homes.ROOT, stdout=subprocess.DEVNULL
    )
    fetch, number = visitor(port, cookie), 0
    seconds: dict[str, list[float]] = {page: [] for page in PAGES}
    begun = time.perf_counter()
    while process.poll() is None:
        for page, mine in urls.items():
            begin = time.perf_counter()
            fetch(mine[number % len(mine)])
            seconds[page].append(time.perf_counter() - begin)
        number += 1
    if process.returncode:
        raise SystemExit("the import beside the pages failed")
    took = time.perf_counter() - begun
    return {f"{page}/importing": {**summary(mine), "import_s": took} for page, mine in seconds.items()}


def over_http(home: Path, requests: int, folder: Path) -> dict[str, Any]:
    """One client, four clients, a year ago, and during an import; every figure with its p50 and p95."""
    asked = homes.run_step("benchmarks.pages", home, "--work", "addresses")
    cookie, urls, before = asked["cookie"], asked["today"], asked["year_ago"]
    process, port = server(home)
    found: dict[str, Any] = {}
    try:
        beside = min(requests, BESIDE)
        for page in PAGES:
            fetch = visitor(port, cookie)
            begin = time.perf_counter()
            fetch(urls[page][0])
            first = (time.perf_counter() - begin) * 1000
            found[f"{page}/today"] = {**summary(timed(fetch, urls[page], requests)), "first": first}
        for page in PAGES:
            found[f"{page}/four"] = summary(together(port, cookie, urls[page], beside, 4))
            found[f"{page}/year_ago"] = summary(timed(visitor(port, cookie), before[page], beside))
        found |= during_import(home, port, cookie, urls, folder)
    finally:
        process.terminate()
        process.wait()
    return found


def write_import(folder: Path, rows: int) -> None:
    """Movements of customers nobody knew before, to be imported while pages are read."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "movements.csv").open("w", encoding="ascii") as file:
        file.write("movement_id,account_id,effective_on,mrr_delta\n")
        file.writelines(f"B{n},NEW{n % 2000},2026-{n % 10 + 1:02d}-01,1000\n" for n in range(rows))


# --- steps and report --------------------------------------------------------------------------


def step(asked: argparse.Namespace) -> dict[str, Any]:
    """What one process of its own does on the home of its environment."""
    if asked.work == "make":
        return homes.make(asked.accounts, asked.data)
    if asked.work == "process":
        return in_process(asked.requests)
    homes.start()
    if asked.work == "import":
        return dict(homes.bring(asked.data, "beside the pages"))
    name, value = homes.session_cookie()
    return {"cookie": f"{name}={value}", "today": addresses(), "year_ago": addresses(YEAR_AGO)}


def measure(size: int, base: Path, requests: int, import_rows: int = 60_000) -> dict[str, Any]:
    """Everything of one size. A home that is already there is used again."""
    home, load = base / f"home-{size}", os.getloadavg()[0]
    result: dict[str, Any] = {"size": size, "load_before": load}
    if not (home / "made.json").exists():
        homes.mark(home)
        made = homes.run_step(
            "benchmarks.pages",
            home,
            "--work",
            "make",
            "--accounts",
            str(size),
            "--data",
            str(base / f"csv-{size}"),
        )
        (home / "made.json").write_text(json.dumps(made))
    result["made"] = json.loads((home / "made.json").read_text())
    result["process"] = homes.run_step(
        "benchmarks.pages", home, "--work", "process", "--requests", str(requests)
    )
    folder = base / f"more-{size}"
    write_import(folder, import_rows)
    result["import_rows"] = import_rows
    result["http"] = over_http(home, requests, folder)
    (home / "made.json").unlink()  # the import has changed it: the next run makes it anew
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="2000,20000,100000")
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--homes", type=Path, help="folder for the homes (a temporary one otherwise)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    for hidden in ("--work", "--data", "--accounts"):
        kind = {"--work": str, "--data": Path, "--accounts": int}[hidden]
        parser.add_argument(hidden, type=kind, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        print(json.dumps(step(asked), default=str))
        return
    with tempfile.TemporaryDirectory() as name:
        base = asked.homes or Path(name)
        found = [measure(int(size), base, asked.requests) for size in asked.sizes.split(",")]
    if asked.json:
        asked.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))
    print(report.pages_section(found))


if __name__ == "__main__":
    main()
