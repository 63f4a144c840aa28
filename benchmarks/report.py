"""The words and tables of results.md for the pages and the imports, and what the machine was."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sqlite3
import statistics
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

AIM, AIM_HEAVY = 60, 300  # ms, p95
PAGES = {"list": "顧客一覧", "customer": "顧客詳細", "board": "KGI/KPI", "grid": "ポートフォリオ"}
HOW = {
    "process": "In the process: Django's test client, which runs every middleware, the view and the template without a socket. "
    "`CPU p50` is the processor time of the thread, which a busy machine stretches less than the clock.",
    "http": "Over HTTP: granian with the command line of `banso up`, one kept connection a client, the clients on the same machine. "
    "`First request`: of a server that was just started, with values that the worker had filled.",
}


def machine() -> str:
    """Processor, cores, memory, system and versions, one line each."""
    cpu = platform.processor() or platform.machine()
    release = platform.release().partition("-")[0]
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
        memory = int(Path("/proc/meminfo").read_text("ascii").split()[1]) / 1024**2
    except OSError:
        memory = float("nan")
    packages = ", ".join(f"{name} {version(name)}" for name in ("django", "granian", "duckdb", "numpy"))
    return "\n".join(
        (
            f"- {cpu}, {os.cpu_count()} cores, {memory:.1f} GiB memory, {platform.system()} {release}",
            f"- Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, {packages}",
            f"- {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, load average {os.getloadavg()[0]:.1f} when this was written",
        )
    )


def _verdict(p95: float, aim: int) -> str:
    return "✓" if p95 <= aim else "✗"


def _process_rows(found: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| page | accounts | p50 ms | p95 ms | CPU p50 ms | queries | aim | 基準日 a year ago p95 ms | aim |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for page, word in PAGES.items():
        for one in found:
            today, before = one["process"][f"{page}/today"], one["process"][f"{page}/year_ago"]
            low, high = today["queries"]
            lines.append(
                f"| {word} | {one['size']:,} | {today['p50']:.1f} | {today['p95']:.1f} | {today['cpu_p50']:.1f} | "
                f"{low if low == high else f'{low}–{high}'} | {_verdict(today['p95'], AIM)} {AIM} | {before['p95']:.1f} | "
                f"{_verdict(before['p95'], AIM_HEAVY)} {AIM_HEAVY} |"
            )
    return lines


def _http_rows(found: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| page | accounts | first request | one client p50 / p95 | four clients p50 / p95 | a year ago p50 / p95 | during an import p50 / p95 (n) |",
        "|---|---|---|---|---|---|---|",
    ]
    for page, word in PAGES.items():
        for one in found:
            cells = [f"{one['http'][f'{page}/today']['first']:.0f}"]
            for case, aim in (
                ("today", AIM),
                ("four", AIM_HEAVY),
                ("year_ago", AIM_HEAVY),
                ("importing", AIM_HEAVY),
            ):
                value = one["http"][f"{page}/{case}"]
                count = f" ({value['n']})" if case == "importing" else ""
                cells.append(f"{value['p50']:.1f} / {value['p95']:.1f} {_verdict(value['p95'], aim)}{count}")
            lines.append(f"| {word} | {one['size']:,} | {' | '.join(cells)} |")
    return lines


def growth(found: list[dict[str, Any]]) -> list[str]:
    """Pages whose query count differs between the sizes: there should be none."""
    grown = []
    for page, word in PAGES.items():
        counts = {max(one["process"][f"{page}/today"]["queries"]) for one in found}
        if len(counts) > 1:
            grown.append(f"{word}: {sorted(counts)}")
    return grown


def _growth_words(found: list[dict[str, Any]]) -> str:
    if len(found) < 2:
        return "One size only: whether query counts grow was not looked at."
    grown = growth(found)
    return (
        f"**Query counts grow**: {'; '.join(grown)}."
        if grown
        else "The query count does not grow with the company."
    )


def pages_section(found: list[dict[str, Any]]) -> str:
    """Section (b)."""
    first = found[0]["process"]["list/today"]
    lines = [
        "## (b) Pages",
        "",
        f"{first['n']} warm requests of each page in the aimed case (one client, 基準日 today), "
        f"{found[0]['process']['list/year_ago']['n']} of each other case; the list with its default columns, one filter and one indexed sort "
        f"(`{first['url']}`); the customer page of 50 customers in turn. SQLite. Aims (p95): {AIM} ms for one client today, "
        f"{AIM_HEAVY} ms for four clients, 基準日 a year ago and during an import of "
        f"{found[0]['import_rows']:,} movement rows by another process.",
        "",
        *(f"- {one['size']:,} accounts: {sum(one['made']['rows'].values()):,} rows imported; load average before "
          f"measuring {one['load_before']:.1f}" for one in found),
        "",
        HOW["process"],
        "",
        *_process_rows(found),
        "",
        _growth_words(found),
        "",
        HOW["http"],
        "",
        *_http_rows(found),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def imports_section(found: dict[str, Any]) -> str:
    """Section (c)."""
    runs, rows = found["runs"], found["rows"]

    def median(key: str) -> float:
        return float(statistics.median(run[key] for run in runs))

    total = statistics.median(run["check"] + run["write"] for run in runs)
    lines = [
        "## (c) Import of movements",
        "",
        f"{rows:,} movement rows ({found['bytes'] / 1e6:.0f} MB of CSV) of {rows // 20:,} customers into a fresh home, SQLite; "
        f"median of {len(runs)} runs; load average at the end {found['load']:.1f}.",
        "",
        "| step | median s | rows per second | × bare read |",
        "|---|---|---|---|",
        f"| bare `csv.reader` | {median('bare'):.2f} | {rows / median('bare'):,.0f} | 1 |",
    ]
    for name, seconds in (
        ("check (first pass)", median("check")),
        ("write and publish (second pass)", median("write")),
        ("import as a whole", total),
    ):
        lines.append(f"| {name} | {seconds:.1f} | {rows / seconds:,.0f} | {seconds / median('bare'):.0f} |")
    spread = sorted(run["check"] + run["write"] for run in runs)
    lines += [
        "",
        f"Runs between {spread[0]:.1f} and {spread[-1]:.1f} s; processor time {median('cpu'):.1f} s; "
        f"memory {median('held'):.0f} → {median('peak'):.0f} MB at its highest.",
    ]
    return "\n".join(lines) + "\n"


NIGHTS = {
    "cold": "first night: every week is counted, all is written",
    "again": "again, nothing new",
    "wednesday": "the next day: one day of events more",
    "monday": "the next Monday: a week is over",
}


def nights_section(found: list[dict[str, Any]], aged: list[dict[str, Any]]) -> str:
    """Section (f). aged: the same company with a short and a long history."""
    lines = [
        "## (f) The night over everybody's use",
        "",
        "1,000 events an account in the 26 weeks that a night looks at, 24 people an account, one in ten with few people, one in fifty fallen; "
        "Parquet files of a day, one contract an account; SQLite. Beside it, in the same run over the same files, the SQL statement of "
        "`benchmarks/night.py` in DuckDB (the second of two executions): weekly distinct people, begin of use, medians and means, days of each source. Banso also writes "
        "verdicts with their evidence, departments and features, and alerts. Both said the same of as many accounts. "
        "Aims: 1.5 × the statement, 2 GiB.",
        "",
        "| accounts | events | | s | CPU s | × statement (s / CPU) | verdicts written | peak MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        bare, size = one["statement"], f"{one['accounts']:,} | {one['events']:,}"
        assert bare["said"] == one["cold"]["said"], one
        lines.append(
            f"| {size} | the statement | {bare['seconds']:.2f} | {bare['cpu']:.2f} | 1 | – | {bare['peak']:.0f} |"
        )
        for key, words in NIGHTS.items():
            told = one[key]
            ratio = f"{told['seconds'] / bare['seconds']:.2f} / {told['cpu'] / bare['cpu']:.2f}"
            lines.append(
                f"| {size} | {words} | {told['seconds']:.2f} | {told['cpu']:.2f} | {ratio} | {told['written']:,} | {told['peak']:.0f} |"
            )
    short, long = aged
    lines += [
        "",
        f"History: {short['accounts']:,} accounts with {short['events']:,} and with {long['events']:,} events (the same a day): the next day's night "
        f"took {short['wednesday']['cpu']:.2f} and {long['wednesday']['cpu']:.2f} CPU s, the first one "
        f"{short['cold']['cpu']:.2f} and {long['cold']['cpu']:.2f}.",
        "",
        f"Load average at the end {max(one['load'] for one in found):.1f}; on a busy machine the CPU seconds tell more than the clock's.",
    ]
    return "\n".join(lines) + "\n"


def readings_section(found: dict[str, Any]) -> str:
    """Section (i)."""
    whole, today, ones = found["whole"], found["today"], found["ones"]
    lines = [
        "## (i) Health of everybody, and of one",
        "",
        f"{found['accounts']:,} accounts with events of 75 days, touches, tickets, answers and bills; a scorecard of {found['made']['signals']} signals; SQLite. "
        "A day is computed from facts and kept. Aims: 60 s on two cores, 2 GiB; 50 ms for an account that somebody changed.",
        "",
        "| | s | CPU s | kept MB | peak MB |",
        "|---|---|---|---|---|",
        *(
            f"| {words} | {one['seconds']:.1f} | {one['cpu']:.1f} | {one['kept'] / 1e6:.2f} | {one['peak']:.0f} |"
            for words, one in (("a day, kept whole", whole), ("the day after, kept as what changed", today))
        ),
        "",
        "| one account, ms | median | most |",
        "|---|---|---|",
        *(
            f"| {words} | {1000 * ones[key]['median']:.0f} | {1000 * ones[key]['most']:.0f} |"
            for key, words in (
                ("touch", "computed again after a touch"),
                ("contract", "computed again after a change of its contract"),
                ("reading", "its reading for a page"),
                ("history", "its kept days"),
            )
        ),
        "",
        f"A kept day of everybody is read in {ones['everybody']:.2f} s. Load average at the end {found['load']:.1f}.",
    ]
    return "\n".join(lines) + "\n"


LIMITS = {
    "decode": "JSON of the bodies decoded (msgspec, one thread)",
    "write": "bodies written one after another, `fdatasync` after each",
    "bare": "the bare server: same server and request, answered without looking at it",
}
AIM_COLLECTOR, AIM_COMPACTOR = 0.5, 0.7


def collecting_section(found: list[dict[str, Any]]) -> str:
    """Section (d)."""
    lines = [
        "## (d) Events acknowledged",
        "",
        f"granian with the collector's command line, one process; {found[0]['connections']} kept connections with one request each on its way; "
        "a request is answered when its bytes are synced. The limits are measured in the same run, right before. "
        f"Medians of {found[0]['runs']} runs. Aim: {AIM_COLLECTOR:.0%} of the slowest limit.",
        "",
        "| events a batch | bytes a batch | | events per second | of the slowest limit |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        size, slowest = f"{one['batch']} | {one['bytes']:,}", min(one["limits"].values())
        lines += [f"| {size} | {words} | {one['limits'][key]:,.0f} | |" for key, words in LIMITS.items()]
        share = one["rate"] / slowest
        verdict = "✓" if share >= AIM_COLLECTOR else "✗"
        lines.append(
            f"| {size} | **acknowledged by the collector** | **{one['rate']:,.0f}** | {verdict} {share:.0%} |"
        )
    lines.append("")
    lines += [
        f"- {one['batch']} a batch: p50 {one['p50']:.1f} ms, p99 {one['p99']:.1f} ms; runs between {one['rates'][0]:,.0f} and "
        f"{one['rates'][-1]:,.0f} events per second; memory {one['peak']:.0f} MB at its highest; the sender used {one['core']:.0%} of a core "
        f"({one['bare_core']:.0%} against the bare server, which shows that it can send that much); load average at the end {one['load']:.1f}"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def compacting_section(found: dict[str, Any]) -> str:
    """Section (e)."""
    events = found["events"]
    lines = [
        "## (e) Compactor",
        "",
        f"{events:,} events in batches of 100, {found['duplicates']:,} of them sent before ({found['bytes'] / 1e6:.0f} MB of log), into an empty "
        f"embedded store; SQLite. Beside it DuckDB over the same bodies, which checks, drops and remembers nothing. Medians of "
        f"{found['runs']} runs; load average at the end {found['load']:.1f}. Aim: {AIM_COMPACTOR:.0%} of DuckDB's rate where it is told the fields.",
        "",
        "| | s | events per second | CPU s | memory MB | compactor's rate of this one's |",
        "|---|---|---|---|---|---|",
    ]
    names = {
        "told": "DuckDB `read_json`, told the fields",
        "found": "DuckDB `read_json`, left to find the fields",
        "compact": "**the compactor**",
    }
    for key, words in names.items():
        one, share = found[key], found["ratios"].get(key)
        verdict = "" if share is None else f"{share:.0%}"
        if share is not None and key == "told":  # the stricter of the two is the one to be measured by
            verdict = f"{'✓' if share >= AIM_COMPACTOR else '✗'} {verdict}"
        lines.append(
            f"| {words} | {one['seconds']:.2f} | {events / one['seconds']:,.0f} | {one['cpu']:.1f} | {one['peak']:.0f} | {verdict} |"
        )
    return "\n".join(lines) + "\n"


FITS = {
    "km": "Kaplan–Meier with intervals", "km late": "the same, a third came late", "cox": "Cox, 3 covariates, with concordance",
    "cox late": "the same, a third came late",
}  # fmt: skip
AIM_SURVIVING = 10


def surviving_section(found: dict[str, Any]) -> str:
    """Section (g)."""
    theirs = found["lifelines"]
    lines = [
        "## (g) Survival fits",
        "",
        f"{found['rows']:,} customers, {found['events']:,} ends on {found['days']:,} different days. Each engine in its own process over the same "
        f"columns, already loaded; medians of {found['runs']} runs, one core; load average at the end {found['load']:.1f}. "
        f"Aim: {AIM_SURVIVING} × as fast as lifelines. "
        + ("" if theirs else "lifelines is not installed here, so nothing stands beside these."),
        "",
        "| | s | lifelines s | times as fast | numbers apart at most |",
        "|---|---|---|---|---|",
    ]
    for key, words in FITS.items():
        own, other = found["banso"][key]["seconds"], (theirs or {}).get(key)
        beside, verdict = "not installed" if theirs is None else "not tried", ""
        if other:
            ratio = other["seconds"] / own
            beside, verdict = (
                f"{other['seconds']:.2f}",
                f"{'✓' if ratio >= AIM_SURVIVING else '✗'} {ratio:.0f}",
            )
        apart = f"{found['apart'][key]:.0e}" if key in found["apart"] else ""
        lines.append(f"| {words} | {own:.3f} | {beside} | {verdict} | {apart} |")
    peak = f"; lifelines {theirs['peak']:,.0f} MB" if theirs else ""
    return "\n".join(lines) + f"\n\nMemory at its highest: Banso {found['banso']['peak']:,.0f} MB{peak}.\n"
