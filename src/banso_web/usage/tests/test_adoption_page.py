"""利用の広がり: the list, its filters and file, who uses a feature and who does not."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk
from banso_web.usage.tests.test_adoption import OPEN, events, usage
from banso_web.usage.tests.test_adoption import company as company
from banso_web.usage.tests.test_adoption import eight as eight
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
URL = "/usage/adoption/"


def shown(page: str) -> list[str]:
    """The customers of the list, in order."""
    return re.findall(r"data-row-link>([^<]*)</a>", page)


def test_one_row_for_each_customer_with_its_reason(eight: dict[str, Account], desk: Any) -> None:
    page = desk("sato").text(URL)
    assert shown(page) == [
        "あおば商事",
        "ちどり印刷",
        "びわ物流",
    ]  # the lowest rate first, unknown ones last by name
    assert "27.9" in page and "3/8" in page and "席数が分からない" in page and "未収集" in page
    assert "検証環境" not in page and "だいち食品" not in page
    assert shown(desk("sato").text(URL, sort="-name")) == ["びわ物流", "ちどり印刷", "あおば商事"]
    assert shown(desk("sato").text(URL, segment="大手")) == ["あおば商事"]
    assert shown(desk("sato").text(URL, q="ﾁﾄﾞﾘ 印刷")) == ["ちどり印刷"]
    assert shown(desk("sato").text(URL, rate="40")) == ["あおば商事"]
    assert shown(desk("sato").text(URL, breadth="20")) == ["ちどり印刷"]  # 1 of 8 is 12.5 %
    assert shown(desk("sato").text(URL, state="unknown")) == ["ちどり印刷", "びわ物流"]
    assert shown(desk("sato").text(URL, owner="me")) == []
    assert shown(desk("sato").text(URL, owner="x", rate="7", use="maybe", **{"from": "-3"})) == shown(page)
    assert desk("ito").get(URL).status_code == 403


def test_who_uses_a_feature_and_who_does_not(eight: dict[str, Account], desk: Any, source: Source) -> None:
    send(events("X2", 2, OPEN[-1], "承認"))
    page = desk("sato").text(URL)
    links = {
        name: re.findall(r'href="([^"]*feature=[^"]*use=(?:held|yes|no))"', part)[:3]
        for name, part in rows_of(page)
    }
    numbers = {
        name: re.findall(r'data-figure="feature_\w+"[^>]*>.*?(\d+)<span', part)
        for name, part in rows_of(page)
    }
    assert numbers["承認"] == ["3", "2", "1"] and numbers["権限"] == ["3", "0", "3"]
    held, yes, no = (desk("sato").text(url.replace("&amp;", "&")) for url in links["承認"])
    assert (shown(yes), shown(no), len(shown(held))) == (["びわ物流", "あおば商事"], ["ちどり印刷"], 3)
    assert "「承認」を使っていない" in no


def rows_of(page: str) -> list[tuple[str, str]]:
    body = page[page.index("機能ごとの利用") : page.index("顧客ごとの利用")]
    return [(re.search(r"data-own>([^<]*)<", part)[1], part) for part in body.split("<tr>")[2:]]  # type: ignore[index]


def test_users_depth_and_stickiness_open_what_they_are_made_of(
    eight: dict[str, Account], desk: Any, source: Source
) -> None:
    send(events("X2", 2, OPEN[-1], "承認"))
    page = desk("sato").text(URL, columns="name,users,depth,stickiness")
    assert (
        page.count("日次の集計からは、人ごとの利用が分からない") == 4
    )  # あおば商事 and ちどり印刷 come in files
    rows = f"/usage/adoption/{eight['X2'].pk}/"
    found = dict(re.findall(rf'href="{rows}[^"]*" data-drawer data-figure="(\w+)"[^>]*>([\d.]+)', page))
    assert found["users"] == "2" and found["depth"] == "1.0"
    body = desk("sato").text(rows)
    made = re.sub(
        r"<[^>]+>|\s+",
        " ",
        body[body.index("定着率と深さ") : body.index("計算式", body.index("定着率と深さ"))],
    )
    assert "30日のイベント 2 ÷ 30日の利用者 2" in made and f"{found['stickiness']} %" in re.sub(
        " +", " ", made
    )


def test_the_file_holds_exactly_what_is_shown(eight: dict[str, Account], desk: Any) -> None:
    text = desk("sato").text(URL, export="csv", columns="name,rate,breadth,last", sort="-breadth")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["顧客", "アクティブ率", "利用の広がり", "最終利用", "数え方", "理由"]
    assert lines[1] == ["あおば商事", "0.278947368421", "0.375", "2026-11-20", "日次平均", ""]
    assert [line[0] for line in lines[1:]] == ["あおば商事", "ちどり印刷", "びわ物流"]
    assert lines[3][1:] == ["", "", "", "", "未収集(利用データが届いたことがない)"]
    assert AuditRow.objects.get(action="adoption.export").new["as_of"] == "2026-11-24"
    assert desk("yamamoto").get(URL, export="csv").status_code == 403


def test_without_data_the_page_says_how_to_begin(db: None, desk: Any, events_home: Any) -> None:
    page = desk("sato").text(URL)
    assert "利用データがまだありません" in page and "利用データを取り込む" in page


def test_another_day_is_that_days_page(eight: dict[str, Account], desk: Any) -> None:
    assert shown(desk("sato").text(URL, as_of="2026-10-25")) == []
    page = desk("sato").text(URL, as_of="2026-10-27")
    # 10/26 and 10/27 are over: (14 + 14) ÷ 2 of 40.
    assert "35.0" in page and "25.0" in page


def test_the_page_asks_as_often_for_many(eight: dict[str, Account], desk: Any, bring: Any) -> None:
    sato = desk("sato")

    def asked() -> int:
        sato.text(URL)
        with CaptureQueriesContext(connection) as found:
            sato.text(URL)
        return len(found)

    few = asked()
    rows = [(f"Y{n}", day, "申請", 2, 5) for n in range(60) for day in OPEN[-3:]]
    bring(
        accounts="account_id,name\n" + "".join(f"Y{n},追加{n}\n" for n in range(60)), usage_daily=usage(rows)
    )  # type: ignore[arg-type]
    page = sato.text(URL)
    assert len(shown(page)) == 50 and "63" in page
    assert len(shown(sato.text(URL, **{"from": "50"}))) == 13
    assert asked() <= few
