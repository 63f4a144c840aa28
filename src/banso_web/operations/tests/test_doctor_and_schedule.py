"""The doctor names what is wrong and how to mend it; a periodic job is enqueued once a period."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from banso_web.core import clock
from banso_web.core.models import AuditRow, PeriodicRun
from banso_web.core.periodic import Periodic
from banso_web.core.registry import registry
from banso_web.operations import doctor
from banso_web.operations.doctor import State
from banso_web.operations.schedule import due


@pytest.mark.django_db
def test_a_sound_instance_has_nothing_broken_but_what_the_machine_lacks() -> None:
    broken = [finding.check for finding in doctor.examine() if finding.state == State.BROKEN]
    assert set(broken) <= {"assets", "disk"}  # parts of pages are built by make; the disk is the machine's


@pytest.mark.django_db
def test_an_unwritable_home_is_named_with_its_remedy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    found = doctor._home()
    assert found.state == State.BROKEN
    assert found.mend


@pytest.mark.django_db
def test_an_open_home_is_a_warning(settings: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings.BANSO_HOME = tmp_path
    assert doctor._home().state == State.WARNING
    tmp_path.chmod(0o700)
    assert doctor._home().state == State.OK


@pytest.mark.django_db
def test_a_check_that_faints_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def faints() -> doctor.Finding:
        raise OSError("no such device")

    monkeypatch.setattr(doctor, "CHECKS", (faints,))
    (found,) = doctor.examine()
    assert found.state == State.BROKEN
    assert "no such device" in found.found


@pytest.mark.django_db
def test_a_clock_before_the_last_record_is_named() -> None:
    assert doctor._clock().state == State.OK
    AuditRow.objects.create(at=clock.now() + timedelta(hours=1), actor_name="system", action="x")
    found = doctor._clock()
    assert found.state == State.BROKEN and "NTP" in found.mend


def _job(status: str, **more: Any) -> None:
    given = {
        "task_path": "x",
        "args_kwargs": {},
        "backend_name": "default",
        "run_after": timezone.now(),
        "status": status,
    }
    made = DBTaskResult.objects.create(**given)
    DBTaskResult.objects.filter(pk=made.pk).update(**more)


@pytest.mark.django_db
def test_a_missing_worker_and_a_stuck_job_are_told_apart() -> None:
    now = timezone.now()
    _job("READY", enqueued_at=now)  # has only just come
    _job("RUNNING", started_at=now - timedelta(hours=5))
    assert doctor._jobs().state == State.OK
    _job("RUNNING", started_at=now - timedelta(hours=7))
    assert doctor._jobs().state == State.WARNING
    _job("READY", enqueued_at=now - timedelta(hours=1), run_after=now - timedelta(hours=1))
    found = doctor._jobs()
    assert found.state == State.BROKEN and "banso up" in found.mend


@pytest.mark.django_db
def test_backups_that_still_hold_an_erased_person_are_named(settings: Any, tmp_path: Path) -> None:
    settings.BANSO_HOME = tmp_path
    (tmp_path / "backups").mkdir()
    for name, at in (("old.tar.gz", 1_000), ("new.tar.gz", 3_000)):
        (tmp_path / "backups" / name).write_text("x")
        os.utime(tmp_path / "backups" / name, (at, at))
    assert doctor._erased_in_backups().state == State.OK
    (tmp_path / "erasures.jsonl").write_text("{}")
    os.utime(tmp_path / "erasures.jsonl", (2_000, 2_000))
    found = doctor._erased_in_backups()
    assert (found.state, found.found) == (State.WARNING, "old.tar.gz")
    assert doctor._last_backup().state == State.WARNING, "older than a week"


@pytest.mark.django_db
def test_a_daily_job_is_enqueued_once_a_day_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[int] = []
    job = Periodic("test.daily", lambda: ran.append(1), at_hour=5)
    monkeypatch.setattr(registry, "periodic", [job])
    assert due() == [job]
    assert due() == []
    assert ran == [1]
    assert PeriodicRun.objects.get().key == "test.daily:2026-11-24"


@pytest.mark.django_db
def test_a_daily_job_waits_for_its_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Periodic("test.late", lambda: None, at_hour=23)  # the tests' clock stands at 9 in the morning
    monkeypatch.setattr(registry, "periodic", [job])
    assert due() == []
    assert not PeriodicRun.objects.exists()
