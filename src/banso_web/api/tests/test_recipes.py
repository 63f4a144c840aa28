"""A company's own lists through the API: saved mappings, the months before anything is written, answers, check, confirm."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from banso_web.accounts.models import Account, Contract
from banso_web.core.facts import counted, current_watermark
from banso_web.ingest.models import ImportRun
from banso_web.ingest.readers import open_table
from banso_web.ingest.readers.convert import FieldMap
from banso_web.ingest.readers.tests.dirty import LEDGER_TOTALS, MONTH_TOTALS, write_ledger, write_month_table
from banso_web.ingest.saved import save
from banso_web.ingest.shaping import Shaping
from banso_web.members.models import Member
from banso_web.revenue.models import Movement

from .conftest import Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]
LEDGER = (
    "顧客コード,製品,契約開始日,満了日,月額\n1,A,2025-04-01,2026-04-01,1000\n2,A,2025-05-01,2026-04-30,500\n"
)


def send(api: Api, *files: tuple[str, str | bytes], **data: Any) -> Any:
    made = [
        SimpleUploadedFile(name, body.encode() if isinstance(body, str) else body) for name, body in files
    ]
    return api.upload("/imports", {"files": made, **data})


def draft(api: Api, *files: tuple[str, str | bytes], **data: Any) -> int:
    answer = send(api, *files, **data)
    assert answer.status_code == 201, answer.content.decode()
    assert answer.json()["run"]["state"] == "draft"
    return int(answer.json()["run"]["id"])


def shown(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, Any] = answer.json()["preview"]
    return found


def take_in(api: Api, run: int) -> dict[str, Any]:
    checked = api.post(f"/imports/{run}/check", {})
    assert (checked.status_code, checked.json()["run"]["state"]) == (200, "ready"), checked.content.decode()
    done = api.post(f"/imports/{run}/confirm", {"accept_rejects": True})
    assert done.status_code == 200, done.content.decode()
    found: dict[str, Any] = done.json()["run"]
    return found


def movements() -> list[tuple[date, int]]:
    rows = counted(Movement, current_watermark()).order_by("effective_on", "code")
    return [(row.effective_on, row.delta_units // 10_000) for row in rows]


def test_a_ledger_agrees_with_the_old_sheet_before_anything_is_written(
    as_key: Caller, tmp_path: Path
) -> None:
    api = as_key("tanaka")
    totals = {f"{day:%Y-%m}": f"{amount:f}" for day, amount in LEDGER_TOTALS.items()}
    file = ("契約台帳.xlsx", write_ledger(tmp_path / "x.xlsx").read_bytes())
    run = draft(api, file, kind="ledger", answers=json.dumps({"totals": totals}))
    seen = shown(api.get(f"/imports/{run}/preview"))
    (yen,) = seen["currencies"]
    stated = {one["month"]: one["sheet"] for one in yen["months"] if one["sheet"] is not None}
    assert {key: Decimal(value) for key, value in stated.items()} == {
        key: Decimal(value) for key, value in totals.items()
    }
    assert {one["difference"] for one in yen["months"] if one["sheet"] is not None} == {"0"}
    assert seen["agrees"] and seen["unread_totals"] == []
    assert not Movement.objects.exists() and not Account.objects.exists()
    assert take_in(api, run)["state"] == "done"
    assert Account.objects.get(code="0012").name == "㈱朝日商会"
    assert Contract.objects.exists()


def test_answers_move_the_months_and_stay_with_the_mapping(as_key: Caller) -> None:
    api = as_key("tanaka")
    run = draft(api, ("契約台帳.csv", LEDGER), kind="ledger")
    before = shown(api.get(f"/imports/{run}/preview"))
    (question,) = [one for one in before["questions"] if one["key"] == "end_reading"]
    # 4/1 and 4/30 as last days; as days after they end on 3/31 and 4/29: one of the two falls into another month
    assert question["chosen"] == "last_day"
    assert {one["value"]: one["ends_moved"] for one in question["choices"]} == {
        "last_day": None,
        "day_after": 1,
    }
    after = shown(api.patch(f"/imports/{run}/preview", {"answers": {"end_reading": "day_after"}}))
    closing = {one["month"]: one["closing"] for one in after["currencies"][0]["months"]}
    assert (closing["2025-04"], closing["2025-05"], closing["2026-03"], closing["2026-04"]) == (
        "1000", "1500", "500", "0",
    )  # fmt: skip
    assert take_in(api, run)["counts"]
    assert movements() == [
        (date(2025, 4, 1), 1000), (date(2025, 5, 1), 500), (date(2026, 3, 31), -1000), (date(2026, 4, 29), -500),
    ]  # fmt: skip
    (kept,) = api.get("/mappings").json()["items"]
    assert (kept["kind"], kept["name"], kept["columns"][0]) == ("ledger", "契約台帳", "顧客コード")
    one = api.get(f"/mappings/{kept['id']}").json()["mapping"]
    assert one["body"]["options"]["end_reading"] == "day_after"

    again = draft(api, ("台帳の写し.csv", LEDGER.replace("500\n", "700\n")), mapping=kept["id"])
    seen = shown(api.get(f"/imports/{again}/preview"))
    assert next(one for one in seen["questions"] if one["key"] == "end_reading")["chosen"] == "day_after"
    take_in(api, again)  # the same list under another name: its own rows are taken back
    assert movements() == [
        (date(2025, 4, 1), 1000), (date(2025, 5, 1), 700), (date(2026, 3, 31), -1000), (date(2026, 4, 29), -700),
    ]  # fmt: skip
    assert api.get(f"/imports/{again}/preview").json()["code"] == "no_preview"
    assert api.post(f"/imports/{again}/check", {}).json()["code"] == "not_draft"


def test_what_the_new_ledger_no_longer_has_is_asked(as_key: Caller) -> None:
    api = as_key("tanaka")
    take_in(api, draft(api, ("契約台帳.csv", LEDGER), kind="ledger"))
    fewer = "".join(LEDGER.splitlines(keepends=True)[:2])
    run = draft(api, ("契約台帳.csv", fewer), kind="ledger")
    seen = shown(api.get(f"/imports/{run}/preview"))
    assert seen["vanished_count"] == len(seen["vanished"]) == 1
    assert next(one for one in seen["questions"] if one["key"] == "gone")["chosen"] == "withdraw"
    kept = shown(api.patch(f"/imports/{run}/preview", {"answers": {"gone": "keep"}}))
    assert next(one for one in kept["questions"] if one["key"] == "gone")["chosen"] == "keep"


def test_a_month_table_with_its_unit(as_key: Caller, tmp_path: Path) -> None:
    api = as_key("tanaka")
    file = ("月次MRR表.xlsx", write_month_table(tmp_path / "x.xlsx").read_bytes())
    seen = shown(api.get(f"/imports/{draft(api, file, kind='wide')}/preview"))
    assert seen["agrees"]
    got = {one["month"]: Decimal(one["in_service"]) for one in seen["currencies"][0]["months"]}
    assert got == {f"{day:%Y-%m}": amount for day, amount in MONTH_TOTALS.items()}


@pytest.mark.parametrize(
    ("kind", "name", "text", "answers", "wanted"),
    [
        ("snapshots", "契約一覧_2026-10.csv", "顧客ID,月額\n1,300\n2,200\n", {}, {"2026-10": "500"}),
        ("snapshots", "契約一覧.csv", "顧客ID,月額\n1,300\n", {"day": "2026-09-30"}, {"2026-09": "300"}),
        ("deals", "商談.csv", "顧客ID,種別,受注日,金額\n1,新規,2026-09-01,300\n1,増額,2026-10-01,200\n",
         {"change_amounts": "delta"}, {"2026-09": "300", "2026-10": "500"}),
        ("deals", "商談.csv", "顧客ID,種別,受注日,金額\n1,新規,2026-09-01,300\n1,増額,2026-10-01,450\n",
         {"change_amounts": "level"}, {"2026-09": "300", "2026-10": "450"}),
        ("invoice_lines", "請求明細.csv", "顧客ID,請求金額,利用期間開始日,利用期間終了日\n1,1200,2026-01-01,2026-12-31\n",
         {}, {"2026-01": "100"}),
    ],
)  # fmt: skip
def test_every_other_list(
    as_key: Caller, kind: str, name: str, text: str, answers: dict[str, str], wanted: dict[str, str]
) -> None:
    api = as_key("tanaka")
    run = draft(api, (name, text), kind=kind, answers=json.dumps(answers))
    months = shown(api.get(f"/imports/{run}/preview"))["currencies"][0]["months"]
    got = {one["month"]: one["closing"] for one in months}
    assert {month: got.get(month) for month in wanted} == wanted
    assert take_in(api, run)["state"] == "done"


def named(member: Member, text: str) -> int:
    """A mapping of customers in a company's own words, saved as the page saves it."""
    shaping = Shaping(
        "accounts", {"account_id": FieldMap("番号"), "name": FieldMap("社名"), "kana": FieldMap("読み")}
    )
    return save("顧客名簿", shaping, open_table(text.encode(), "名簿.csv"), actor=member).pk


def test_a_saved_mapping_reads_a_canonical_file_in_other_words(
    as_key: Caller, person: Callable[[str], Member]
) -> None:
    api = as_key("tanaka")
    mapping = named(person("tanaka"), "番号,社名,読み\n7,丸一運輸,マルイチ\n")
    answer = send(api, ("x.csv", "番号,社名,ランク\n7,丸一運輸,甲\n8,西川印刷,乙\n"), mapping=mapping)
    assert answer.status_code == 201, answer.content.decode()
    run = answer.json()["run"]
    assert run["state"] == "ready"
    assert run["notes"][:2] == ["列「読み」がなくなりました", "列「ランク」が増えました"]
    assert api.post(f"/imports/{run['id']}/confirm", {}).json()["run"]["counts"]["x.csv"]["new"] == 2
    assert dict(Account.objects.values_list("code", "name")) == {"7": "丸一運輸", "8": "西川印刷"}


def test_what_stays_open_is_refused_and_nothing_is_kept(
    as_key: Caller, person: Callable[[str], Member]
) -> None:
    api = as_key("tanaka")
    mapping = named(person("tanaka"), "番号,社名,読み\n7,丸一運輸,マルイチ\n")
    ledger = ("契約台帳.csv", LEDGER)
    refusals = [
        (send(api, ("x.csv", "社名\n丸一運輸\n"), mapping=mapping), "columns_open", "files"),
        (send(api, ("x.csv", "a,b\n1,2\n"), kind="ledger"), "columns_open", "files"),
        (send(api, ("一覧.csv", "顧客ID,月額\n1,300\n"), kind="snapshots"), "invalid", "answers"),
        (send(api, ledger, mapping=mapping, kind="ledger"), "invalid", "kind"),
        (send(api, ledger, kind="ledger", answers='{"opening": "first_day"}'), "invalid", "opening"),
        (send(api, ledger, kind="ledger", answers='{"end_reading": "x"}'), "invalid", "end_reading"),
        (send(api, ledger, kind="ledger", answers="{"), "invalid", "answers"),
        (send(api, ("accounts.csv", "account_id,name\n1,x\n"), answers="{}"), "invalid", "answers"),
        (send(api, ("1.csv", LEDGER), ("2.csv", LEDGER), kind="wide"), "invalid", "files"),
    ]
    for answer, code, field in refusals:
        body = answer.json()
        assert (answer.status_code, body["code"]) == (422, code), body
        assert field in body["errors"], body
    assert send(api, ledger, mapping=mapping + 99).status_code == 404
    assert not ImportRun.objects.exclude(state="dropped").exists()
    assert api.get(f"/mappings/{mapping + 99}").status_code == 404


LAKE = "取引先番号,始まり,終わり,毎月\n1,2025-04-01,2026-03-31,1000\n"
READ = {
    "name": "台帳", "kind": "ledger", "columns": ["取引先番号", "始まり", "終わり", "毎月"],
    "fields": {
        "account_id": {"source": "取引先番号"}, "starts_on": {"source": "始まり"}, "ends_on": {"source": "終わり"},
        "mrr": {"source": "毎月", "unit": 1000}, "product": {"constant": "A"},
    },
    "answers": {"end_reading": "last_day"},
}  # fmt: skip


def test_a_required_column_that_the_file_lacks_is_filled_by_a_mapping_made_here(as_key: Caller) -> None:
    api = as_key("tanaka")
    open_ = send(api, ("台帳.csv", LAKE), kind="ledger")
    assert (open_.status_code, open_.json()["code"]) == (422, "columns_open")
    made = api.post("/mappings", READ)
    assert made.status_code == 201, made.content.decode()
    mapping = made.json()["mapping"]
    assert (mapping["version"], mapping["columns"]) == (1, READ["columns"])
    assert api.post("/mappings", READ).status_code == 200  # the same again
    run = draft(api, ("台帳.csv", LAKE), mapping=mapping["id"])
    assert take_in(api, run)["state"] == "done"
    assert movements() == [(date(2025, 4, 1), 1_000_000), (date(2026, 3, 31), -1_000_000)]
    assert set(counted(Movement, current_watermark()).values_list("product", flat=True)) == {"A"}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"fields": {**READ["fields"], "product": {}}}, "columns_open", "fields"),  # type: ignore[dict-item]
        ({"fields": {**READ["fields"], "prduct": {"constant": "A"}}}, "invalid", "fields"),  # type: ignore[dict-item]
        ({"fields": {**READ["fields"], "product": {"source": "商品"}}}, "invalid", "fields"),  # type: ignore[dict-item]
        ({"left_out": ["商品"]}, "invalid", "fields"),
        ({"kind": "cabbage"}, "invalid", "kind"),
        ({"answers": {"opening": "first_day"}}, "invalid", "opening"),
        ({"name": "  "}, "invalid", "name"),
    ],
)
def test_a_mapping_that_cannot_read_anything_is_refused(
    as_key: Caller, change: dict[str, Any], code: str, field: str
) -> None:
    api = as_key("tanaka")
    answer = api.post("/mappings", {**READ, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.content.decode()
    assert any(field in name for name in answer.json()["errors"])
    assert as_key("yamamoto").post("/mappings", READ).status_code == 403
    assert api.get("/mappings").json()["items"] == []


def test_only_who_imports_reads_mappings_and_previews(as_key: Caller) -> None:
    api, other = as_key("tanaka"), as_key("yamamoto")
    run = draft(api, ("契約台帳.csv", LEDGER), kind="ledger")
    assert other.get("/mappings").status_code == 403
    assert other.get("/mappings/1").status_code == 403
    assert other.get(f"/imports/{run}/preview").status_code == 403
    assert other.patch(f"/imports/{run}/preview", {"answers": {}}).status_code == 403
    assert other.post(f"/imports/{run}/check", {}).status_code == 403
    assert send(other, ("契約台帳.csv", LEDGER), kind="ledger").status_code == 403


def test_the_lists_and_their_answers_are_told(as_key: Caller) -> None:
    kinds = {one["kind"]: one["answers"] for one in as_key("tanaka").get("/recipes").json()["items"]}
    assert set(kinds) == {"ledger", "wide", "snapshots", "deals", "invoice_lines"}
    assert kinds["ledger"]["undecided"] == ["end", "continue"]
    assert kinds["snapshots"]["day"] == [] and "day" not in kinds["wide"]
