"""A child process that appends events from several threads and tells what was acknowledged, until it is killed.

python -m banso_web.collect.tests.loader FOLDER THREADS
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from banso_web.collect.log import LogWriter
from banso_web.collect.tests.faults import LossyDisk


class NeverSynced(LossyDisk):
    def sync(self, descriptor: int) -> None:
        """Says that it is done."""


def main(folder: str, threads: str, manner: str = "") -> None:
    disk = NeverSynced() if manner == "hasty" else LossyDisk()
    writer = LogWriter(Path(folder), rotate_bytes=20_000, rotate_seconds=0.2, disk=disk)
    told = threading.Lock()

    def load(number: int) -> None:
        count = 0
        while True:
            count += 1
            name = f"{number}-{count}"
            writer.append(name.encode() + b"|" + b"x" * (count % 400)).result()
            with told:
                sys.stdout.write(name + "\n")
                sys.stdout.flush()

    for number in range(int(threads)):
        threading.Thread(target=load, args=(number,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
