"""The pages a day begins with ask the database as often for 400 customers as for 20."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from banso.simulate import Plan, company, work
from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of
from banso_web.members.models import Member, Role
from banso_web.operations.sample import write_tables

FEW, MANY = 20, 400
DAYS = ("", "2025-11-24")  # today, and another 基準日
PAGES = ("/customers/?segment=ハイタッチ&sort=-mrr", "/customers/", "/numbers/", "/portfolio/")


def bring(folder: Path, accounts: int) -> None:
    """The simulated company through the import engine. The smaller one is the beginning of the larger one."""
    folder.mkdir()
    plan = Plan(accounts=accounts, as_of=clock.today())
    made = company(plan)
    write_tables({**made.tables, **work(made, plan)}, folder)
    run = actions.check_run(
        actions.start_run(inputs_of(folder)[0], actor=None, label=folder.name, known="effective")
    )
    assert actions.confirm_run(run, actor=None, accept_rejects=False).state == "done"


def queries(client: Client, url: str) -> int:
    """Queries of a warm request."""
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def counts(client: Client, as_of: str) -> dict[str, int]:
    """Queries of every page; of the customer page the most that any of ten customers needs."""
    caches["local"].clear()
    asked = f"as_of={as_of}" if as_of else ""
    found = {url: queries(client, f"{url}{'&' if '?' in url else '?'}{asked}") for url in PAGES}
    chosen = Account.objects.order_by("pk").values_list("pk", flat=True)[:10]
    found["customer"] = max(queries(client, f"/customers/{pk}/?{asked}") for pk in chosen)
    return found


@pytest.mark.first_engine
def test_query_counts_do_not_grow_with_the_company(db: None, client: Client, tmp_path: Path) -> None:
    member = Member.objects.create(code="COUNT", name="計測", email="count@example.jp", job="manager")
    member.roles.set(Role.objects.filter(key__in=("manager", "admin")))
    client.force_login(member, backend="banso_web.members.backends.MemberBackend")
    bring(tmp_path / "few", FEW)
    before = {as_of: counts(client, as_of) for as_of in DAYS}
    bring(tmp_path / "many", MANY)
    assert Account.objects.count() == MANY
    assert {as_of: counts(client, as_of) for as_of in DAYS} == before


def test_a_page_that_asks_once_a_row_would_be_found(db: None) -> None:
    """The measure itself: a loop over rows is counted row by row."""
    with CaptureQueriesContext(connection) as found:
        for number in range(3):
            Account.objects.filter(pk=number).exists()
    assert len(found) == 3
