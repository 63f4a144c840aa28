"""The nightly backup into a folder the operator names: taken by the worker, the latest so many are kept."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django_tasks import task

from banso_web.core import clock, nightly
from banso_web.core.nightly import Nightly
from banso_web.core.periodic import Periodic
from banso_web.operations import backup as work

NAME = "banso-nightly-"
HOUR = 2


@task(queue_name="long")
def nightly_backup() -> str:
    """Take one backup and drop the oldest beyond the number that is kept. What became of it is told on the settings page and
    by the doctor; nothing that is there goes before a new one has passed its check. Gives the file's name."""
    if not nightly.is_wanted():
        return ""
    folder, moment = Path(settings.ENV.backup_folder), clock.now()
    target = folder / f"{NAME}{moment.astimezone(clock.JST):%Y%m%d-%H%M%S}.tar.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        proof = work.backup(target)
    except OSError as problem:
        nightly.remember(Nightly(moment.isoformat(), failed=problem.strerror or str(problem)))
        raise
    if proof.integrity != "ok":
        nightly.remember(Nightly(moment.isoformat(), failed=proof.integrity))
        return ""
    own = sorted(folder.glob(f"{NAME}*.tar.gz"))
    for old in own[: -settings.ENV.backup_keep]:
        old.unlink()
    kept = min(len(own), settings.ENV.backup_keep)
    nightly.remember(Nightly(moment.isoformat(), target.name, target.stat().st_size, kept))
    return target.name


def _enqueue() -> None:
    if nightly.is_wanted():
        nightly_backup.enqueue()


PERIODIC = Periodic("backup.nightly", _enqueue, at_hour=HOUR)
