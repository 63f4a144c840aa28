"""The doctor names what is wrong and how to mend it; a periodic job is enqueued once a period."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from banso_web.core.models import PeriodicRun
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
