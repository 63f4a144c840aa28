"""US-6: the customers who are overlooked, from the story's own files, to the digit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import caches
from django.utils.html import strip_tags

from banso_web.accounts.models import Account
from banso_web.core.facts import Asked, current_watermark, forget_all
from banso_web.core.models import AuditRow
from banso_web.core.ui.formats import number_text, pct_text
from banso_web.desk.reads.whole import lean, listed, stake, whole
from banso_web.desk.tests.conftest import Desk
from banso_web.health.actions.keeping import keep
from banso_web.health.actions.sentiment import feel
from banso_web.health.reads.following import Following
from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of
from banso_web.ingest.models import ImportRun
from banso_web.lifecycle.models import Task
from banso_web.members.models import Member
from banso_web.touch.actions import log_touch, void_touch

US6 = Path(__file__).resolve().parents[4] / "tests" / "data" / "stories" / "us6"
DAY = date(2026, 11, 24)


@pytest.fixture
def story(person: Callable[[str], Member]) -> dict[str, Account]:
    """{code: account} of the story's company."""
    caches["local"].clear()
    for key in ("tanaka", "sato", "suzuki", "takahashi"):
        person(key)
    taken, _ = inputs_of(US6)
    run = actions.confirm_run(
        actions.check_run(actions.start_run(taken, actor=None, label="us6", known="effective")), actor=None
    )
    assert run.state == ImportRun.State.DONE and not run.rejected.exists()
    return {account.code: account for account in Account.objects.all()}


def asked() -> Asked:
    return Asked(as_of=DAY, today=DAY, watermark=current_watermark())


def test_three_are_overlooked_in_this_order(
    story: dict[str, Account], person: Callable[[str], Member]
) -> None:
    found = whole(person("tanaka"), asked())
    names = {account.pk: account.name for account in story.values()}
    lines = [found.line(place) for place in listed(found, "overlooked")]
    assert [(names[one.customer.id], number_text(one.judged.priority, 1)) for one in lines] == [
        ("大空食品", "94.2"), ("東和物流", "80.3"), ("北斗製作所", "24.0"),
    ]  # fmt: skip
    assert [(one.judged.days, one.judged.renewal_in) for one in lines] == [(55, 127), (88, 96), (75, 218)]
    assert stake(found, listed(found, "overlooked")).mrr_units == 1_000_000 * 10_000
    assert stake(found, listed(found, "unknown")).mrr_units == 400_000 * 10_000
    shares = lean(found)
    assert (shares.whole.contacts, shares.red.contacts, shares.red.customers) == (50, 39, 2)
    assert {names[found.customers[place].id] for place in shares.red_places} == {"さくら病院", "協和建設"}
    assert (pct_text(shares.red.of_contacts, 1), pct_text(shares.red.of_mrr, 1)) == ("78.0 %", "8.1 %")
    assert shares.whole.mrr_units == 12_160_000 * 10_000
    fell = {names[found.customers[place].id] for place in range(len(found.customers)) if found.fell[place]}
    assert fell == {"大空食品", "東和物流", "さくら病院"}


def test_the_page_says_it(story: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    page = desk("tanaka").text("/portfolio/")
    said = " ".join(strip_tags(page).split())
    assert "対応の78 %が2社に集中" in said
    assert "接点の 78.0 %(50件のうち39件)が、MRR の 8.1 % に向いています" in said
    assert "3社 · MRR ¥1,000,000" in said and "満足度不明が 1社 · ¥400,000" in said
    places = [
        page.index(f">{name}</a>", page.index('data-list="overlooked"'))
        for name in ("大空食品", "東和物流", "北斗製作所")
    ]
    assert places == sorted(places)
    assert (
        "52 × (1 + 0.7 + 0.111)" in page
        and "30 × (1 + 0.7 + 0.478 + 0.5)" in page
        and "18 × (1 + 0.333)" in page
    )
    assert "中程度は CSAT 3.0 以上 4.0 未満" in said
    for name in ("みなと商事", "さくら病院", "青葉不動産", "光洋電機"):
        assert f">{name}</a>" not in page[page.index('data-list="overlooked"') :]
    urgent = desk("tanaka").text("/portfolio/", list="urgency")
    assert "フォロー漏れの 3社 が隠れています" in " ".join(strip_tags(urgent).split())


def test_a_hearing_is_assigned_seen_and_taken_back(
    story: dict[str, Account], desk: Callable[[str], Desk]
) -> None:
    manager, owner = desk("tanaka"), desk("takahashi")
    assert (
        manager.post(
            "/portfolio/assign/", ids=[story["A009"].pk, story["A010"].pk], next="/portfolio/"
        ).status_code
        == 302
    )
    said = " ".join(strip_tags(manager.text("/portfolio/")).split())
    assert "2社の能動ヒアリングを割り当てました。" in said
    rows = list(
        Task.objects.order_by("account__code").values_list(
            "account__code", "title", "owner", "due_on", "state"
        )
    )
    assert rows == [
        (code, "能動ヒアリング", "takahashi", date(2026, 12, 1), "open") for code in ("A009", "A010")
    ]
    assert "能動ヒアリング 大空食品 · 2026/12/01(火)" in " ".join(strip_tags(owner.text("/")).split())
    assert "能動ヒアリング" in owner.text(f"/customers/{story['A009'].pk}/")
    again = manager.post("/portfolio/assign/", only=story["A009"].pk, next="/portfolio/")
    assert again.status_code == 302 and Task.objects.count() == 2
    entry = AuditRow.objects.filter(action="task.assign").values_list("entry_id", flat=True).distinct().get()
    assert manager.post("/customers/undo/", entry=entry, next="/portfolio/").status_code == 302
    assert "能動ヒアリング 大空食品" not in " ".join(strip_tags(owner.text("/")).split())


def test_who_may_not_edit_a_customer_assigns_nothing(
    story: dict[str, Account], desk: Callable[[str], Desk]
) -> None:
    assert desk("sato").post("/portfolio/assign/", ids=[story["A009"].pk]).status_code == 403
    assert desk("yamamoto").post("/portfolio/assign/", ids=[story["A009"].pk]).status_code == 403
    assert desk("tanaka").post("/portfolio/assign/", ids=[999_999]).status_code == 404
    assert not Task.objects.exists()


def found_names(found: Following, which: str, story: dict[str, Account]) -> list[str]:
    names = {account.pk: account.name for account in story.values()}
    return [names[found.customers[place].id] for place in listed(found, which)]


def test_a_feeling_makes_nobody_content(story: dict[str, Account], person: Callable[[str], Member]) -> None:
    """光洋電機 never answered: △ makes it 中程度 (132 days, so フォロー漏れ), × 低満足; ◎ leaves it 満足度不明."""
    owner, account = person("takahashi"), story["A015"]
    for mark, which in (("excellent", "unknown"), ("fair", "overlooked"), ("poor", "low")):
        feel(account.pk, mark, actor=owner)
        assert "光洋電機" in found_names(whole(owner, asked()), which, story), mark
    assert found_names(whole(owner, asked()), "unknown", story) == []


def test_whose_health_is_at_risk_is_in_alarm_as_well(
    story: dict[str, Account], person: Callable[[str], Member]
) -> None:
    """The day's readings make no third one of the story, so the shares stay; who is 危険 is told by them."""
    keep(DAY)
    found = whole(person("tanaka"), asked())
    assert (lean(found).red.contacts, lean(found).red.customers) == (39, 2)
    mid = replace(found, in_danger={story["A012"].pk}, kept={})
    assert (lean(mid).red.contacts, lean(mid).red.customers) == (40, 3)


def test_the_csv_holds_the_list_exactly(story: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    lines = [line.split(",") for line in desk("tanaka").text("/portfolio/", export="csv").splitlines()]
    assert [(line[1], line[3], line[4], line[5], line[6]) for line in lines[1:]] == [
        ("大空食品", "94.1777777778", "520000", "3.9", "3.2"),
        ("東和物流", "80.3333333333", "300000", "4.1", "3.4"),
        ("北斗製作所", "24", "180000", "3.6", "3.6"),
    ]
    assert AuditRow.objects.filter(action="portfolio.export").count() == 1
    role = desk("tanaka").member.roles.get()
    role.permissions = [one for one in role.permissions if one != "export.run"]
    role.save()
    assert desk("tanaka").get("/portfolio/", export="csv").status_code == 403


def test_another_day_knows_what_was_so(story: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    """On 10-22 東和物流 was 55 days without contact and 大空食品 22; before the answers of October 大空食品 stood at 3.9."""
    page = desk("tanaka").text("/portfolio/", as_of="2026-10-22")
    assert (
        ">東和物流</a>" in page[page.index('data-list="overlooked"') :]
        and ">大空食品</a>" not in page[page.index('data-list="overlooked"') :]
    )
    assert "割り当てる人" not in page
    before = desk("tanaka").text("/portfolio/", as_of="2026-10-01", list="fell")
    assert "この一覧に当たる顧客はいません" in before


def test_english_and_nps(story: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    desk("tanaka").text("/portfolio/", basis="nps")  # what is kept is kept in the reader's language
    page = desk("tanaka").text("/portfolio/", basis="nps", lang="en")
    assert "Not computable (no answer within 90 days)" in page and "算出不可" not in page
    said = " ".join(strip_tags(page).split())
    assert "middle is NPS 5 or more and below 9" in said
    assert "There are no answers to NPS yet." in said and "Nobody is overlooked" in said


def test_a_touch_is_followed_and_taken_back(
    story: dict[str, Account], person: Callable[[str], Member]
) -> None:
    """What is kept of touches is brought up to date by what came since, not read anew: 北斗製作所 is spoken to, and then it was not."""
    owner = person("suzuki")
    assert "北斗製作所" in found_names(whole(owner, asked()), "overlooked", story)
    before = lean(whole(owner, asked())).whole
    done = log_touch(story["A011"].pk, {"kind": "call", "initiative": "proactive"}, actor=owner)
    assert "北斗製作所" not in found_names(whole(owner, asked()), "overlooked", story)
    after = lean(whole(owner, asked())).whole
    assert (after.contacts, after.proactive) == (before.contacts + 1, before.proactive + 1)
    void_touch(done.id, actor=owner)
    assert "北斗製作所" in found_names(whole(owner, asked()), "overlooked", story)
    assert lean(whole(owner, asked())).whole == before
    forget_all()
    assert lean(whole(owner, asked())).whole == before
