"""Benchmark (i): a night of health over everybody, and what changes with one account.

Accounts, contracts, contacts, touches, tickets, answers and bills come in through the import, events are made by DuckDB as in (f). The
scorecard has 40 parts: every shipped signal and a feature each. Each step runs in a process of its own, whose highest resident memory is
told.

    python -m benchmarks.health [--accounts 100000] [--json FILE]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import homes, night

DAY = night.DAY
#: Days with events, and how many of an account in one of them.
DAYS, EACH = 75, 3
SIGNALS = 40
ONES = 20  # accounts that are computed alone, one after the other


def facts(accounts: int) -> None:
    """Beside each account: a contact, two touches, a ticket for every second one, two requests, a bill."""
    codes = [f"N{number:06d}" for number in range(accounts)]
    day = DAY.isoformat()

    def back(number: int, within: int) -> str:
        return (DAY - dt.timedelta(days=1 + number * 7 % within)).isoformat()

    tables: dict[str, list[dict[str, Any]]] = {
        "contacts": [
            {"contact_id": f"P{code}", "account_id": code, "family_name": "山田", "roles": "champion"} for code in codes
        ],
        "touches": [
            {"touch_id": f"T{code}{turn}", "account_id": code, "at": f"{back(number + turn * 31, 150)}T10:00", "kind": "call",
             "initiative": "proactive" if turn else "reactive", "contacts": f"P{code}"}
            for number, code in enumerate(codes) for turn in (0, 1)
        ],
        "tickets": [
            {"ticket_id": f"Q{code}", "account_id": code, "opened_at": f"{back(number, 120)}T10:00",
             "closed_at": f"{day}T08:00" if number % 4 else "", "priority": "urgent" if number % 5 == 0 else "normal"}
            for number, code in enumerate(codes) if number % 2
        ],
        "responses": [
            {"response_id": f"R{code}{turn}", "account_id": code, "contact_id": f"P{code}", "instrument": "csat",
             "score": 1 + number % 5 if turn or number % 3 else "", "sent_on": back(number + 200 * turn, 400),
             "answered_on": back(number + 200 * turn, 400) if turn or number % 3 else ""}
            for number, code in enumerate(codes) for turn in (0, 1)
        ],
        "invoices": [
            {"invoice_id": f"B{code}", "account_id": code, "billed_on": "2026-10-01", "due_on": "2026-10-31",
             "paid_on": "2026-10-30" if number % 7 else "", "amount": 1000}
            for number, code in enumerate(codes)
        ],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        for table, rows in tables.items():
            homes.write_table(Path(name) / f"{table}.csv", rows)
        homes.bring(Path(name), "health")


def define() -> int:
    """Features until there are forty signals, and a scorecard that reads them all; how many it reads."""
    from banso_web.core import clock
    from banso_web.core.facts import new_entry, project, write_state
    from banso_web.health.models import Card
    from banso_web.health.signals import SIGNALS as SHIPPED
    from banso_web.usage.actions.features import save_feature

    shipped = [key for key in SHIPPED if key != "sentiment"]
    codes = [f"f{number}" for number in range(SIGNALS - len(shipped))]
    for number, code in enumerate(codes):
        save_feature(
            {"name": f"機能{number}", "core": number < 3, "rules": [{"name": f"F{number % 5}"}]},
            actor=None,
            code=code,
        )
    parts = [
        {"signal": key, "weight": 1, "curve": [[0, 0], [10, 100]]}
        for key in (*shipped, *(f"feature.{code}" for code in codes))
    ]
    card = {
        "key": "standard",
        "names": {"ja": "計測", "en": "bench"},
        "effective_on": "2000-01-01",
        "parts": parts,
    }
    with new_entry(label="bench") as entry:
        row = Card.objects.create(code="standard", entry=entry)
        write_state(
            Card.STATE,
            row.pk,
            {"text": json.dumps(card, ensure_ascii=False)},
            entry=entry,
            recorded_at=clock.now(),
        )
    project(Card.STATE, [row.pk], entry=entry)
    return len(parts)


def make(accounts: int) -> dict[str, Any]:
    night.company(accounts)
    first = DAY - dt.timedelta(days=DAYS)
    size = night.add_days(first, DAYS, accounts * EACH, accounts)
    facts(accounts)
    return {"signals": define(), "bytes": size}


def keep(back: int) -> dict[str, Any]:
    """One day of everybody, computed and kept."""
    from django.db.models import Sum
    from django.db.models.functions import Length

    from banso_web.health.actions.keeping import keep as keep_day
    from banso_web.health.models import HealthBlock

    day = DAY - dt.timedelta(days=back)
    watch = night.Watch()
    row = keep_day(day)
    taken = watch.taken()
    size = HealthBlock.objects.filter(day=day).aggregate(size=Sum(Length("columns")))["size"]
    return taken | {"accounts": row.accounts, "kept": size}


def ones() -> dict[str, Any]:
    """Single accounts: computed again after a change, read from facts for a page, their history; and a kept day of everybody."""
    from banso_web.accounts.counting import every_account
    from banso_web.core.facts import Asked, current_watermark
    from banso_web.health.actions.keeping import refresh
    from banso_web.health.reads import history, reading, readings

    ids = every_account()[:: max(1, len(every_account()) // ONES)][:ONES]
    asked = Asked(DAY, DAY, current_watermark())
    refresh([ids[0]], {"touches"})  # what a process reads once
    found: dict[str, Any] = {}
    for name, work in {
        "touch": lambda key: refresh([key], {"touches"}),
        "contract": lambda key: refresh([key], {"contract"}),
        "reading": lambda key: reading(asked, key),
        "history": lambda key: history(key, DAY - dt.timedelta(days=180), DAY),
    }.items():
        times = []
        for key in ids:
            begin = time.perf_counter()
            work(key)
            times.append(time.perf_counter() - begin)
        times.sort()
        found[name] = {"median": times[len(times) // 2], "most": times[-1]}
    begin = time.perf_counter()
    readings(asked)
    return found | {"everybody": time.perf_counter() - begin}


def step(home: Path, *what: str) -> dict[str, Any]:
    return homes.step(home, DAY, "benchmarks.health", "--step", *what)


def work(what: str, given: list[int]) -> dict[str, Any]:
    """One step, in this process. Its highest resident memory is told in MB."""
    homes.start()
    found = make(*given) if what == "make" else keep(*given) if what == "keep" else ones()
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measure(accounts: int) -> dict[str, Any]:
    """Yesterday (a whole day is kept), today (what changed since), and single accounts."""
    with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
        home = Path(name) / "home"
        homes.mark(home)
        begin = time.monotonic()
        found: dict[str, Any] = {"accounts": accounts, "made": step(home, "make", str(accounts))}
        found["made"]["seconds"] = time.monotonic() - begin
        found["whole"], found["today"], found["ones"] = (
            step(home, "keep", "1"),
            step(home, "keep", "0"),
            step(home, "ones"),
        )
        return found | {"load": os.getloadavg()[0]}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.health", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(work(asked.step[0], [int(text) for text in asked.step[1:]])))
        return
    text = json.dumps(measure(asked.accounts), indent=1)
    if asked.json:
        asked.json.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
