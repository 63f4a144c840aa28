"""未確認の利用者・グループ on its pages: the queue, settling one and many, domains and rules, undoing, the file, who may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.accounts.actions.contacts import add_contact
from banso_web.accounts.actions.erasure import erase
from banso_web.accounts.models import Account, Contact
from banso_web.collect.models import Source
from banso_web.core import clock
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import Desk, bring, company
from banso_web.usage.models import IdentityLink, SeenId
from banso_web.usage.tests.test_identity import event, keep, used, why
from banso_web.warehouse.port import Events, Taking
from banso_web.warehouse.store import event_store

__all__ = ["bring", "company"]
pytestmark = pytest.mark.django_db
Desks = Callable[[str], Desk]
LIST = "/settings/sources/unknown/"


@pytest.fixture
def queue(events_home: Path, company: dict[str, Account]) -> dict[str, Account]:
    """Two groups and two users whom nobody knows; 西川's people write from nishikawa.example."""
    Source.objects.create(pk=1, name="勤怠クラウド", write_key="key", created_at=clock.now())
    keep(
        event("group", "u1", "ws-1", properties='{"name":"西川印刷","plan":"pro"}'),
        event("track", "u1", "ws-1"),
        event("track", "u2", "ws-1"),
        event("track", "u3", "lab"),
        event("identify", "u8", properties='{"email":"saburo@nishikawa.example"}'),
        event("track", "u8"),
        event("track", "u9"),
    )
    return company


def row(key: str) -> int:
    return SeenId.objects.get(key=key, events__gt=0).pk


def test_the_queue_names_who_it_may_be_and_why(queue: dict[str, Account], desk: Desks) -> None:
    tanaka = desk("tanaka")
    page = tanaka.text(LIST)
    assert page.index("ws-1") < page.index(">lab<") and "西川印刷" in page and "名前が似ている" in page
    users = tanaka.text(LIST + "?list=users")
    assert (
        "saburo@nishikawa.example" in users
        and "先方担当者とメールドメインが同じ" in users
        and "ws-1" not in users
    )
    assert ">lab<" not in tanaka.text(LIST + "?q=WS-1") and "この条件に合うものはありません" in tanaka.text(
        LIST + "?q=zz"
    )
    one = tanaka.text(f"{LIST}{row('ws-1')}/")
    assert "どの顧客のものか分からない" in one and "pro" in one and 'value="西川印刷 (A3)"' in one


def test_one_is_settled_and_undone(queue: dict[str, Account], desk: Desks) -> None:
    tanaka, url = desk("tanaka"), f"{LIST}{row('ws-1')}/"
    for bad in (
        {"company": ""},
        {"company": "だれか"},
        {"company": "西川印刷 (A3)", "since": "2026-11-05", "until": "2026-11-01"},
    ):
        assert tanaka.post(url, deed="account", **bad).status_code == 422
    assert not IdentityLink.objects.exists()
    assert tanaka.post(url, deed="account", company="西川印刷 (A3)", reason="契約書で確認").status_code == 302
    assert "過去のイベント 2 件が「西川印刷」の利用に数えられます" in tanaka.text(LIST)
    assert used()["A3"] == {"u1", "u2"} and "人が決めた" in tanaka.text(url)
    known = tanaka.text(LIST + "?list=links")
    link = IdentityLink.objects.get()
    assert "契約書で確認" in known and "田中" in known
    assert tanaka.post(f"{LIST}links/{link.pk}/undo/").status_code == 302
    assert "A3" not in used() and "決めたことはまだありません" in tanaka.text(LIST + "?list=links")
    assert tanaka.post(f"{LIST}links/{link.pk}/undo/").status_code == 302  # once is enough: a warning
    assert [row.action for row in AuditRow.objects.filter(subject="identity").order_by("pk")] == [
        "identity.link",
        "identity.undo",
    ]


def test_many_at_once_put_aside_and_a_contact(queue: dict[str, Account], desk: Desks) -> None:
    tanaka = desk("tanaka")
    ticked = {"ids": [row("ws-1"), row("lab")], "list": "groups"}
    assert tanaka.post(LIST + "settle/", deed="account", **{**ticked, "many-company": ""}).status_code == 302
    assert not IdentityLink.objects.exists()
    tanaka.post(LIST + "settle/", deed="aside", **{**ticked, "many-reason": "社内の検証環境"})
    assert "過去のイベント 3 件を数えません" in tanaka.text(LIST) and used() == {}
    assert "まとめて決めた 2 件を取り消す" in tanaka.text(LIST + "?list=links")
    assert tanaka.post(LIST + "settle/", deed="aside", ids=[999_999]).status_code == 404
    tanaka.post(f"{LIST}{row('u8')}/", deed="account", contact="C3")
    assert used() == {"A3": {"u8"}} and "西川印刷" in tanaka.text(LIST + "?list=known")


def test_a_domain_and_a_rule(queue: dict[str, Account], desk: Desks) -> None:
    tanaka, url = desk("tanaka"), LIST + "rule/"
    for bad in (
        {"kind": "domain", "key": "gmail.com"},
        {"kind": "trait", "key": "pro"},
        {"kind": "user_id", "key": "*"},
        {"kind": "x", "key": "y"},
    ):
        assert tanaka.post(url, deed="account", company="西川印刷 (A3)", **bad).status_code == 422
    tanaka.post(url, deed="account", company="西川印刷 (A3)", kind="domain", key="nishikawa.example")
    tanaka.post(url, deed="account", company="A1", kind="trait", trait="plan", key="pr*")
    assert used() == {"A1": {"u1", "u2"}, "A3": {"u8"}, "lab": {"u3"}}
    assert why("user", "u8") == "domain:A3" and why("group", "ws-1") == "rule:A1"


def test_who_always_sends_a_customers_group_is_put_aside_by_the_id_or_from_an_event(
    queue: dict[str, Account], desk: Desks
) -> None:
    """Nobody keeps an id whose every event names a customer; of another source the same id is somebody else."""
    Source.objects.create(pk=2, name="経費", write_key="other", created_at=clock.now())
    keep(event("track", "tester", "A1"), event("track", "u5", "A1"), event("track", "tester", "A2", source=2))
    tanaka = desk("tanaka")
    tanaka.post(LIST + "rule/", deed="aside", kind="user", key="tester", source="1")
    assert "過去のイベントも、これから届くものも数えません" in tanaka.text(LIST)
    assert (used()["A1"], used()["A2"]) == ({"u5"}, {"tester"})
    link = IdentityLink.objects.get()
    assert (link.kind, link.key, link.source) == ("user", "tester", 1)
    assert "tester" in tanaka.text(LIST + "?list=links")
    tanaka.post(f"{LIST}links/{link.pk}/undo/")
    assert used()["A1"] == {"u5", "tester"}
    assert tanaka.post(LIST + "rule/", deed="aside", kind="user", key="tester", source="9").status_code == 422


def test_the_file_is_safe_and_audited(queue: dict[str, Account], desk: Desks) -> None:
    keep(event("track", "u4", "=1+1"))
    tanaka = desk("tanaka")
    lines = tanaka.get(LIST + "csv/?list=groups").content.decode("utf-8-sig").splitlines()
    assert lines[1].split(",")[1:4] == ["勤怠クラウド", "ws-1", "2"] and lines[1].endswith(",A3")
    assert any(",'=1+1," in line for line in lines)
    tanaka.post(LIST + "rule/", deed="aside", kind="email", key="*@banso.example")
    links = tanaka.get(LIST + "csv/?list=links").content.decode("utf-8-sig").splitlines()
    assert links[1].startswith("ルール,,*@banso.example,email,")
    assert AuditRow.objects.filter(action="identity.export").count() == 2


def test_who_may_not(queue: dict[str, Account], desk: Desks) -> None:
    for who in ("sato", "yamamoto", "watanabe", "kanri"):
        other = desk(who)
        for path in ("", "csv/", f"{row('lab')}/"):
            assert other.get(LIST + path).status_code == 403, (who, path)
        for path in ("settle/", "rule/", "look/", "links/1/undo/"):
            assert other.post(LIST + path).status_code == 403, (who, path)
    tanaka = desk("tanaka")
    assert (
        tanaka.get(f"{LIST}999999/").status_code == 404
        and tanaka.post(f"{LIST}links/999999/undo/").status_code == 404
    )
    assert tanaka.get(LIST + "?list=x&from=-1&source=x").status_code == 200


def test_the_queue_costs_the_same_however_long_it_is(queue: dict[str, Account], desk: Desks) -> None:
    tanaka = desk("tanaka")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            tanaka.text(LIST)
        return len(asked)

    tanaka.text(LIST)
    few = queries()
    keep(*(event("track", f"u{number}", f"ws-x{number}") for number in range(60)))
    tanaka.text(LIST)
    assert queries() == few
    assert tanaka.text(LIST + "?from=50").count("data-select-row") == 12


def test_looking_takes_in_what_came_since(queue: dict[str, Account], desk: Desks) -> None:
    event_store().add(Events.of([event("track", "u5", "new-one")]), Taking(["late"]))
    tanaka = desk("tanaka")
    assert "new-one" not in tanaka.text(LIST)
    assert tanaka.post(LIST + "look/", list="groups").status_code == 302
    assert "new-one" in tanaka.text(LIST)


def test_an_erased_person_leaves_the_queue_and_the_links(queue: dict[str, Account], person: Any) -> None:
    tanaka = person("tanaka")
    add_contact(
        queue["A3"].pk,
        {"family_name": "西川", "given_name": "三郎", "email": "saburo@nishikawa.example"},
        actor=tanaka,
        code="C9",
    )
    assert used() == {"A3": {"u8"}, "lab": {"u3"}, "ws-1": {"u1", "u2"}}
    contact = Contact.objects.get(code="C9")
    erase(contact.pk, actor=person("kanri"), reason="本人の請求")
    seen = [[row.key, row.email, row.name, row.traits] for row in SeenId.objects.filter(kind="user")]
    assert "saburo" not in str(seen) and "u8" not in [key for key, *_told in seen]
    assert (
        {len(people) for people in used().values()} == {1, 2}
        and "u8" not in str(used())
        and len(used()["A3"]) == 1
    )
