"""Requests are counted over every web process, with few writes while the limit is far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from banso_web.core import shared_count
from banso_web.core.models import SharedCount
from banso_web.core.shared_count import count_up, forget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    forget()
    yield
    forget()


class Processes:
    """What each process remembers, changed over by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._kept: dict[int, dict[str, tuple[int, int, int]]] = {}

    def count(self, process: int) -> int:
        self._patch.setattr(shared_count, "_mine", self._kept.setdefault(process, {}))
        return count_up("k", limit=80, ends_at=120, now=60)


def test_two_processes_together_reach_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(monkeypatch)
    let_through = sum(processes.count(n % 2) <= 80 for n in range(200))
    assert (
        80 <= let_through <= 90
    )  # one step of 10 at most beside the limit; 160 when each counted for itself


def test_one_process_alone_counts_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes(monkeypatch)
    assert [processes.count(0) for _ in range(90)] == list(range(1, 91))


def test_far_from_the_limit_a_request_costs_no_write(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        for _ in range(74):
            count_up("far", limit=600, ends_at=120, now=60)
    count_up("far", limit=600, ends_at=120, now=60)
    assert SharedCount.objects.get(key="far").count == 75


def test_spans_that_ended_are_swept_away() -> None:
    count_up("old", limit=1, ends_at=60, now=0)
    count_up("new", limit=1, ends_at=120, now=61)
    assert list(SharedCount.objects.values_list("key", flat=True)) == ["new"]
