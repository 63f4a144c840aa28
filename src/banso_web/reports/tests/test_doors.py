"""Who may open what, what bad addresses get, and what a page costs."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.core.facts import forget_all
from banso_web.core.models import AuditRow
from banso_web.reports.tests.conftest import Reader
from banso_web.reports.tests.test_us1_pages import text_of
from banso_web.revenue.tests import factories as make

PAGES = (
    "/numbers/",
    "/numbers/rows/?metric=nrr_monthly",
    "/numbers/nrr/",
    "/numbers/cohorts/",
    "/numbers/retention/",
    "/numbers/ltv/",
    "/numbers/ltv/expected/",
    "/numbers/closing/",
    "/numbers/kpi/nrr_monthly/",
)


@pytest.mark.django_db
@pytest.mark.parametrize("url", PAGES)
def test_numbers_need_their_right(reader: Reader, url: str) -> None:
    assert reader("yamamoto").get(url).status_code == 403
    assert reader("sato").get(url).status_code == 200


@pytest.mark.django_db
def test_nobody_sees_numbers_without_log_in(client: object) -> None:
    for url in PAGES:
        assert client.get(url).status_code == 302  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/numbers/?month=2026-13", 422),
        ("/numbers/?month=9999-01", 422),
        ("/numbers/?owner=abc", 422),
        ("/numbers/?team=-1", 422),
        ("/numbers/?touch=none", 422),
        ("/numbers/rows/?metric=nothing", 404),
        ("/numbers/rows/?metric=nrr_monthly&part=nothing", 422),
        ("/numbers/rows/?metric=nrr_monthly&from=x", 422),
        ("/numbers/kpi/nothing/", 404),
        ("/numbers/cohorts/rows/?by=month&key=2026-10&age=x", 422),
        ("/numbers/cohorts/rows/?by=month&key=1999-01&age=0", 404),
        ("/numbers/?segment=%27%3B--&owner=99999", 200),
        ("/numbers/?month=2030-01", 200),
    ],
)
def test_addresses_nobody_offers(reader: Reader, url: str, status: int) -> None:
    answer = reader("tanaka").get(url)
    assert answer.status_code == status
    if status == 422:
        assert any("\u3040" <= letter <= "\u30ff" for letter in answer.content.decode())


@pytest.mark.django_db
def test_nothing_is_ever_shown_as_zero_before_there_is_data(reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/?month=2026-10")
    assert "算出不可(月初MRRがありません)" in page and "算出不可(月初の顧客がいません)" in page
    assert " 0.00 %" not in page


@pytest.mark.django_db
def test_the_file_of_rows_is_what_is_shown(october: dict[str, make.Account], reader: Reader) -> None:
    made = october["A004"]
    make.state(made, {"name": "=HYPERLINK(1)"})
    type(made).objects.filter(pk=made.pk).update(name="=HYPERLINK(1)")
    answer = reader("tanaka").get("/numbers/rows/?metric=nrr_monthly&part=churn&month=2026-10&export=csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    head = next(place for place, row in enumerate(rows) if row[:1] == ["顧客ID"])
    body = rows[head + 1 :]
    assert [row[0] for row in body] == ["A004", "A005"]
    amount = rows[head].index("金額")
    assert sum(int(row[amount]) for row in body) == 720_000
    assert not body[0][1].startswith("=")
    assert ["値", "0.9675"] in rows and any(row[:1] == ["作成日時"] for row in rows)
    assert AuditRow.objects.filter(action="numbers.export").count() == 1


@pytest.mark.django_db
def test_a_reader_without_customers_sees_no_names(october: object, reader: Reader) -> None:
    from banso_web.members.models import Role

    client = reader("tanaka")
    role = Role.objects.get(key="manager")
    role.permissions = [key for key in role.permissions if key != "account.view"]
    role.save()
    page = text_of(client, "/numbers/rows/?metric=nrr_monthly&part=churn&month=2026-10")
    assert "南部製菓" not in page and "閲覧権限なし" in page and "¥720,000" in page


@pytest.mark.django_db
def test_every_figure_of_the_board_opens_rows(october: object, reader: Reader) -> None:
    import re
    from html import unescape

    client = reader("tanaka")
    body = client.get("/numbers/?month=2026-10").content.decode()
    links = {unescape(link) for link in re.findall(r'data-rows-url="([^"]+)"', body)}
    assert len(links) > 20
    for link in links:
        page = text_of(client, link)
        assert "一致しません" not in page


@pytest.mark.django_db
def test_cohorts_end_where_they_are_young_and_open_their_customers(october: object, reader: Reader) -> None:
    client = reader("tanaka")
    body = client.get("/numbers/cohorts/?by=quarter&export=csv").content.decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(body)) if len(row) == 8]
    ages = [row[1] for row in rows if row[0] == "2026-Q4"]
    assert ages == ["0"]  # October is the last complete month
    # Of 2023-Q3 only July (南部製菓, gone on 10/31) is 39 months old; after 38 months August (光陽電子, gone too) is there as well.
    for age, kept, share in (
        (39, "0社 ÷ 1社", "0.00 %"),
        (38, "1社 ÷ 2社", "50.00 %"),
        (37, "3社 ÷ 3社", "100.00 %"),
    ):
        cell = text_of(client, f"/numbers/cohorts/rows/?by=quarter&key=2023-Q3&age={age}")
        assert "一致しません" not in cell
        assert f"{share} = {kept}" in cell


@pytest.mark.django_db(transaction=True)
def test_the_board_costs_a_constant_number_of_questions(reader: Reader) -> None:
    accounts = make.story("us1")
    client = reader("tanaka")
    url = "/numbers/?month=2026-10"

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    def add(first: int, count: int) -> None:
        for number in range(first, first + count):
            of = make.account(f"Q{number}", start=make.date(2026, 1, 1))
            make.movement(f"Q{number}", of, "2026-01-01", 10_000)
            make.movement(f"QE{number}", of, "2026-10-31", -10_000)
        forget_all()

    def costs() -> tuple[int, int]:
        cost()  # what Django itself and the list of segments keep
        forget_all()
        return cost(), cost()

    add(0, 2)
    cold, warm = costs()
    assert warm <= 20 < cold
    add(2, 60)
    assert costs() == (cold, warm)
    assert accounts


@pytest.mark.django_db
def test_a_trend_says_whom_it_leaves_out_for_want_of_a_rate(reader: Reader) -> None:
    make.movement("h", make.account("HOME"), "2026-01-01", 50_000)
    client = reader("tanaka")
    pages = ("/numbers/kpi/mrr/?month=2026-10", "/numbers/nrr/?month=2026-10&tab=trend")
    for path in pages:
        assert "この推移に含みません" not in client.get(path).content.decode(), path
    make.movement("u", make.account("AWAY", "Away Inc."), "2026-01-01", 1_000, currency="USD")
    for path in pages:
        assert "換算レートのない 1 社を、この推移に含みません。" in client.get(path).content.decode(), path
    before = client.get("/numbers/kpi/mrr/?month=2025-12").content.decode()  # nobody held anything by then
    assert "この推移に含みません" not in before


@pytest.mark.django_db
def test_a_cohort_says_its_version_on_screen_and_on_paper(reader: Reader) -> None:
    make.movement("h", make.account("HOME"), "2026-01-01", 50_000)
    page = reader("tanaka").get("/numbers/cohorts/").content.decode()
    foot = page.split("print-foot")[1].split("</div>")[0]
    assert "コホート v1" in foot and "定義版 1" in page
