"""継続率曲線 and LTV(実績と期待値) of a company of seven, by hand."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from scipy.special import hyp2f1

from banso.lifetime import sbg
from banso_web.core import clock
from banso_web.core.facts import forget_all, publish
from banso_web.core.metrics import Scope
from banso_web.members.models import Role
from banso_web.reports.question import Question
from banso_web.reports.reads.expected import expected
from banso_web.reports.reads.lives import lives
from banso_web.reports.reads.retention import retention
from banso_web.reports.tests.conftest import Reader
from banso_web.reports.tests.test_us1_pages import text_of
from banso_web.revenue.models import LtvInput
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
AS_OF = "2026-11-20"  # the last complete month is October
RETENTION, EXPECTED = f"/numbers/retention/?as_of={AS_OF}", f"/numbers/ltv/expected/?as_of={AS_OF}"


def question(as_of: str = AS_OF, known_at: str | None = None) -> Question:
    return Question(make.asked(as_of, known_at=known_at), date(2026, 10, 1), Scope())


@pytest.fixture
def seven() -> dict[str, make.Account]:
    """A1 stays three closes after its first and returns in September; A2 is there, A3 leaves in September, after eight; A4 came and went
    within May. B1 has been a customer since June 2025, but is on record only from March 2026 on; B2 began in October. C1 is a test."""
    large, middle = {"segment": "大手"}, {"segment": "中堅"}
    of = {
        code: make.account(code, **values)
        for code, values in (
            ("A1", large), ("A2", large), ("A3", large), ("A4", large), ("B1", middle), ("B2", middle), ("C1", {"excluded": "test"}),
        )
    }  # fmt: skip
    make.state(of["B1"], {"started_on": "2025-06-20"})
    make.state(
        of["A2"], {"segment": "中堅"}, start="2026-06-01"
    )  # a later change moves nobody to another curve
    for number, (code, on, amount) in enumerate((
        ("A1", "2026-01-10", 1000), ("A1", "2026-04-30", -1000), ("A1", "2026-09-01", 700), ("A2", "2026-02-01", 1000),
        ("A3", "2026-01-01", 500), ("A3", "2026-09-30", -500), ("A4", "2026-05-03", 500), ("A4", "2026-05-20", -500),
        ("B1", "2026-03-01", 2000), ("B1", "2026-07-01", 1000), ("B2", "2026-10-05", 900), ("C1", "2026-01-01", 900),
    )):  # fmt: skip
        make.movement(f"m{number}", of[code], on, amount)
    return of


def given() -> None:
    own = make.entry("inputs")
    for key, value in (
        ("gross_margin", "0.5"),
        ("acquisition_cost", "1000"),
        ("retention_cost_yearly", "120"),
    ):
        LtvInput.objects.create(
            code=f":{key}:2026-01-01", key=key, value=Decimal(value), source="会計", on=date(2026, 1, 1), entry=own,
            recorded_at=clock.now(), known_basis="system",
        )  # fmt: skip
    publish(own)


def test_lives_are_those_of_the_closes(seven: dict[str, make.Account]) -> None:
    codes = {made.pk: code for code, made in seven.items()}
    found = {
        codes[one.account_id]: (one.entry, one.months, one.ended, one.segment) for one in lives(question())
    }
    assert found == {
        "A1": (0, 3, True, "大手"), "A2": (0, 8, False, "大手"), "A3": (0, 8, True, "大手"),
        "B1": (9, 16, False, "中堅"), "B2": (0, 0, False, "中堅"),
    }  # fmt: skip


def test_the_curve_by_hand(seven: dict[str, make.Account]) -> None:
    """At 3 months A1 of A1, A2, A3 goes: 2/3. B1, whom nobody could have seen leave before its tenth month, is not among them.
    At 8 months A3 of A2 and A3 goes: 2/3 × 1/2 = 1/3. From the tenth month on B1 alone is in sight."""
    company, large, middle = retention(question()).curves
    assert [(one.segment, one.km.n, one.km.events) for one in (company, large, middle)] == [
        (None, 4, 2), ("大手", 3, 2), ("中堅", 1, 0),
    ]  # fmt: skip
    seen = [(company.at(age).survival, company.at(age).at_risk) for age in (2, 3, 8, 9, 16)]
    assert [share for share, _n in seen] == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert [n for _share, n in seen] == [3, 3, 2, 0, 1]
    assert company.at(17).survival is None  # nobody was seen so long: not 0, and not the last value either
    assert company.late == 1 and company.few and company.median_text.startswith("8 か月")
    assert middle.median_text == "半数に達していません"
    assert retention(question()).young == 1
    # Asked of another day, or of what was known then, it is another curve: A3 had not left.
    assert retention(question("2026-09-29")).curves[0].km.events == 1
    assert retention(question(AS_OF, "2026-09-01T00:00:00+09:00")).curves[0].km.events == 1


def test_the_page_its_file_and_the_customers_behind_a_number(
    seven: dict[str, make.Account], reader: Reader
) -> None:
    client = reader("tanaka")
    page = text_of(client, RETENTION)
    assert "66.7 %" in page and "33.3 %" in page and "n=3" in page and "参考" in page
    assert "まだ1か月たっていない 1 社は含みません" in page
    rows = text_of(client, f"/numbers/retention/rows/?as_of={AS_OF}&whole=1&age=8")
    assert "33.33 %" in rows and "観察中の顧客2社" in rows and "この月までの解約2社" in rows
    assert "この月に解約" in rows and "まだ記録の前" in rows and "一致しません" not in rows
    lines = list(csv.reader(io.StringIO(client.get(f"{RETENTION}&export=csv").content.decode("utf-8-sig"))))
    assert ["全体", "3", "3", "1", "0.666667"] in [line[:5] for line in lines]
    assert ["大手", "8", "2", "2", "0.333333"] in [line[:5] for line in lines]
    # Who sees no customers sees their number, without names.
    role = Role.objects.get(key="manager")
    role.permissions = [key for key in role.permissions if key != "account.view"]
    role.save()
    hidden = text_of(client, f"/numbers/retention/rows/?as_of={AS_OF}&whole=1&age=8")
    assert "閲覧権限なし" in hidden and "A3" not in hidden


def test_what_was_earned_and_what_is_expected_by_hand(seven: dict[str, make.Account]) -> None:
    """A2: nine closes (February to October) × 1,000 × 0.5 − 9 × 10 − 1,000 = 3,410; it leaves 490 a month, eight months old.
    B1: 4 × 2,000 + 4 × 3,000 = 20,000 × 0.5 − 8 × 10 − 1,000 = 8,920; 1,490 a month, sixteen months old."""
    given()
    company = expected(question())[0]
    assert company.so_far == (3410 + 8920) / 2
    assert {(one.age, one.so_far, one.monthly, one.partial) for one in company.accounts} == {
        (8, 3410, 490, False), (16, 8920, 1490, True),
    }  # fmt: skip
    # Three came up to each of the first three closes and one left at the third; two to the eighth, where one left; B1 from the tenth on.
    model = sbg(at_risk=[3] * 3 + [2] * 5 + [0] + [1] * 7, lost=[0, 0, 1, 0, 0, 0, 0, 1] + [0] * 8)
    assert (company.model.alpha, company.model.beta) == pytest.approx((model.alpha, model.beta))
    a_month = 1.1 ** (1 / 12)

    def to_come(age: int) -> float:  # Σ over the months after this one, in closed form
        return float(hyp2f1(1, model.beta + age, model.alpha + model.beta + age, 1 / a_month)) - 1

    assert company.worth.value == pytest.approx((490 * to_come(8) + 1490 * to_come(16)) / 2, rel=1e-6)
    assert company.worth.lower < company.worth.value < company.worth.upper
    assert company.few and company.total == company.so_far + Decimal(company.worth.value)
    middle = expected(question())[2]
    assert (middle.worth, middle.reason, middle.so_far) == (None, "算出不可(解約実績なし)", 8920)


def test_the_page_of_expectations(seven: dict[str, make.Account], reader: Reader) -> None:
    client = reader("tanaka")
    bare = text_of(client, EXPECTED)
    assert "算出不可(入力がありません: 粗利率" in bare and "維持コスト(年)" in bare
    given()
    page = text_of(client, EXPECTED)
    assert "¥6,165" in page and "参考" in page and "算出不可(解約実績なし)" in page
    assert "1社は記録の前の分を含みません" in page
    rows = text_of(client, f"/numbers/ltv/expected/rows/?as_of={AS_OF}&whole=1")
    assert "¥3,410" in rows and "¥8,920" in rows and "¥490" in rows and "会計" in rows
    odd = text_of(client, f"{EXPECTED}&discount=abc")
    assert "割引率「abc」は使えません" in odd
    assert text_of(client, f"{EXPECTED}&discount=50") != page
    lines = list(csv.reader(io.StringIO(client.get(f"{EXPECTED}&export=csv").content.decode("utf-8-sig"))))
    assert ["全体", "2", "2", "6165"] in [line[:4] for line in lines]


def test_before_there_is_anything_and_addresses_nobody_offers(reader: Reader) -> None:
    client = reader("tanaka")
    assert "継続率曲線はまだありません" in text_of(client, RETENTION)
    assert "まだ計算できる顧客がいません" in text_of(client, EXPECTED)
    for address, status in (
        ("retention/rows/?age=x", 422),
        ("retention/rows/?whole=1&age=3", 404),
        ("ltv/expected/rows/?key=9", 404),
    ):
        assert client.get(f"/numbers/{address}").status_code == status


def test_a_page_costs_the_same_for_many_customers(seven: dict[str, make.Account], reader: Reader) -> None:
    given()
    client = reader("tanaka")
    for url in (RETENTION, EXPECTED):
        counts = []
        for more in range(2):
            own = make.entry(f"more {url} {more}")
            for number in range(30 * more):
                made = make.account(f"Z{len(url)}-{number}", into=own, segment="大手")
                make.movement(f"z{len(url)}-{number}", made, "2026-02-01", 100, into=own)
            publish(own)
            client.get(url)
            forget_all()
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url).status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1] < 60, url
