"""The story of falling use, brought in by its files; a morning to choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.collect.tests.conftest import events_home
from banso_web.collect.tests.conftest import source as sender
from banso_web.core import clock
from banso_web.desk.tests.conftest import Desk, desk
from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of
from banso_web.members.models import Member
from banso_web.warehouse.tests.engines import LONG, engine

__all__ = ["desk", "engine", "events_home", "sender"]
STORY = Path(__file__).parents[4] / "tests" / "data" / "stories" / "us5"
CASES = "cases_1_2_5"


def load(folder: Path, *, known: str = "effective") -> None:
    """Every file of a folder as one import, without a refused row."""
    run = actions.check_run(
        actions.start_run(inputs_of(folder)[0], actor=None, label=folder.name, known=known)
    )
    done = actions.confirm_run(run, actor=None, accept_rejects=False)
    assert done.state == "done", list(done.rejected.values())


@pytest.fixture
def story(person: Callable[[str], Member], events_home: Path) -> Callable[..., dict[str, Account]]:
    """`story("cases_1_2_5")` imports that folder; gives {code: account}. 高橋 owns them all, 田中 leads."""

    def bring(name: str, *without: str) -> dict[str, Account]:
        caches["local"].clear()
        for key in ("tanaka", "sato", "suzuki", "takahashi"):
            person(key)
        folder = events_home / f"in-{name}"
        folder.mkdir()
        for file in (STORY / name).iterdir():
            if file.name not in without:
                (folder / file.name).write_bytes(file.read_bytes())
        load(folder)
        return {account.code: account for account in Account.objects.all()}

    return bring


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that sends events does so into each event store in turn: whatever a page or a job asks is asked of both."""
    if "source" in metafunc.fixturenames:
        metafunc.parametrize("engine", LONG, indirect=True)


@pytest.fixture
def source(db: None, engine: str, sender: Source) -> Source:
    return sender


@pytest.fixture
def morning(settings: Any) -> Iterator[Callable[[date], None]]:
    """`morning(date(2027, 1, 12))`: it is 9 o'clock of that day."""
    before = settings.ENV

    def turn(day: date) -> None:
        settings.ENV = replace(before, clock=f"{day.isoformat()}T09:00+09:00")
        clock.forget()

    yield turn
    settings.ENV = before
    clock.forget()


@pytest.fixture
def mender(desk: Callable[[str], Desk]) -> Desk:
    """管理者 who may see people and export: who reads, mends and takes away what an event holds."""
    made = desk("kanri")
    role = made.member.roles.get()
    role.permissions = [*role.permissions, "contact.view", "export.run"]
    role.save()
    return made
