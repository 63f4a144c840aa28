"""Benchmark (e): the compactor over a log that waits, beside DuckDB's `read_json` of the same bytes sorted into zstd Parquet.

Each run writes the log as the collector leaves it (batches of 100, 5 % of the events twice), and lets each of them, in a process of
its own, go over it from the first byte to the last file on disk. DuckDB is given the bodies as lines of JSON: once told the fields to
take (properties and context stay text, as in the store), once left to find them. It reads, sorts, compresses and does nothing else.
The compactor also checks frames, validates every event, corrects clocks, asks the store which are there already, drops the doubles,
names its files in the manifest with counts by source and day, and syncs.

    python -m benchmarks.compacting (compact|told|found) LINES       one step, on the home that BANSO_HOME names; one line of JSON
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import homes, sending

BATCH, DOUBLED = 100, 0.05
TOLD = """
    SELECT one.messageId AS message_id, one.type AS kind, one.userId AS user_id, one.anonymousId AS anonymous_id,
      one.context->>'$.groupId' AS group_id, one.event AS name, one.timestamp::TIMESTAMP AS happened_at,
      one.properties->>'$.department' AS department, one.properties->>'$.feature' AS feature, one.properties, one.context
    FROM (SELECT unnest(batch) AS one FROM read_json($1, format = 'newline_delimited', columns = {
      batch: 'STRUCT(type VARCHAR, messageId VARCHAR, userId VARCHAR, anonymousId VARCHAR, event VARCHAR, timestamp VARCHAR,
        properties JSON, context JSON)[]', sentAt: 'VARCHAR'}))
    ORDER BY group_id, user_id, happened_at"""
FOUND = """
    SELECT one.* FROM (SELECT unnest(batch) AS one FROM read_json($1, format = 'newline_delimited'))
    ORDER BY one.context.groupId, one.userId, one.timestamp"""
STATEMENTS = {"told": TOLD, "found": FOUND}


def write(home: Path, lines: Path) -> int:
    """The log whose bodies are these lines; how many bytes it has."""
    from banso_web.collect.envelope import Envelope, micros, packed
    from banso_web.collect.frames import frame
    from banso_web.collect.log import ROTATE_BYTES
    from banso_web.collect.protocol import parse_time

    folder = home / "events" / "log"
    folder.mkdir(parents=True)
    received, written, file = micros(parse_time("2026-11-25T00:00:00Z")), 0, None
    with lines.open("rb") as bodies:
        for number, line in enumerate(bodies):
            if file is None or file.tell() >= ROTATE_BYTES:
                if file is not None:
                    file.close()
                file = (folder / f"{number:020d}.sealed").open("wb")
            head = Envelope(1, "batch", f"{number:032x}", received + number)
            written += file.write(frame(packed(head, line.rstrip())))
    if file is not None:
        file.close()
    return written


def step(what: str, lines: Path) -> dict[str, Any]:
    """One of the three."""
    if what == "compact":
        homes.start()
        from banso_web.warehouse.compactor import compact

        begin, used = time.perf_counter(), time.process_time()
        done = compact()
        events = done.accepted + done.duplicates
        more = {"accepted": done.accepted, "duplicates": done.duplicates}
    else:
        import duckdb

        begin, used = time.perf_counter(), time.process_time()
        target = lines.with_suffix(".parquet")
        with duckdb.connect() as opened:
            statement = f"COPY ({STATEMENTS[what]}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
            (events,) = opened.execute(statement, [str(lines)]).fetchone() or (0,)
        more = {}
    return {
        "events": events,
        "seconds": time.perf_counter() - begin,
        "cpu": time.process_time() - used,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **more,
    }


def measure(events: int, runs: int) -> dict[str, Any]:
    """Medians of the runs for each of the three."""
    found: list[dict[str, dict[str, Any]]] = []
    length = 0
    with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
        lines = Path(name) / "lines.json"
        with lines.open("wb") as file:
            file.writelines(body + b"\n" for body in sending.bodies(events, BATCH, DOUBLED))
        for run in range(runs):
            home = Path(name) / str(run)
            homes.mark(home)
            length = write(home, lines)
            one = {
                what: homes.run_step("benchmarks.compacting", home, what, str(lines))
                for what in (*STATEMENTS, "compact")
            }
            assert {each["events"] for each in one.values()} == {events}, one
            found.append(one)
    medians = {
        what: {key: statistics.median(one[what][key] for one in found) for key in ("seconds", "cpu", "peak")}
        for what in found[0]
    }
    ratios = {
        what: statistics.median(one[what]["seconds"] / one["compact"]["seconds"] for one in found)
        for what in STATEMENTS
    }
    duplicates = found[0]["compact"]["duplicates"]
    return {
        "events": events, "runs": runs, "bytes": length, "duplicates": duplicates, "ratios": ratios,
        "load": os.getloadavg()[0], **medians,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(step(sys.argv[1], Path(sys.argv[2]))))
