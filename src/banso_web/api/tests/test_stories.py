"""US-1, US-2 and US-3 through the API alone: files go in, numbers come out to the printed digit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile

from banso_web.core.models import AuditRow
from banso_web.members.models import Member
from banso_web.revenue.tests import factories as make

from .conftest import Api

pytestmark = pytest.mark.django_db(transaction=True)
Caller = Callable[..., Api]


def upload(api: Api, *paths: Path, **data: str) -> dict[str, Any]:
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in paths]
    answer = api.upload("/imports", {"files": files, **data})
    assert answer.status_code == 201, answer.content.decode()
    run: dict[str, Any] = answer.json()["run"]
    return run


def take_in(api: Api, folder: Path) -> dict[str, Any]:
    run = upload(api, *sorted(folder.glob("*.csv")))
    assert (run["state"], run["rejected"]) == ("ready", 0), run
    done = api.post(f"/imports/{run['id']}/confirm", {})
    assert done.status_code == 200, done.content.decode()
    assert done.json()["run"]["published"] == done.json()["watermark"]
    found: dict[str, Any] = done.json()["run"]
    return found


def metric(api: Api, key: str, **query: Any) -> dict[str, Any]:
    answer = api.get(f"/metrics/{key}", query)
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, Any] = answer.json()
    return found


def test_october_of_forty_customers(as_key: Caller) -> None:
    """US-1."""
    api = as_key("tanaka")
    run = take_in(api, make.STORIES / "us1")
    assert run["counts"]["accounts.csv"]["new"] == len(make.rows_of_file("us1/accounts.csv"))
    nrr = metric(api, "nrr_monthly", month="2026-10")
    assert nrr["value"] == "0.9675"  # and not 1.0133: new and reactivation stay out
    assert nrr["parts"] == {
        "opening": "12000000", "new": "450000", "reactivation": "100000", "expansion": "510000", "upsell": "360000",
        "cross_sell": "150000", "contraction": "180000", "churn": "720000", "fx": "0", "closing": "12160000",
        "difference": "0",
    }  # fmt: skip
    rates = {
        "grr_monthly": "0.925",
        "gross_revenue_churn": "0.075",
        "net_revenue_churn": "0.0325",
        "mrr_churn_monthly": "0.06",
    }
    assert {key: metric(api, key, month="2026-10")["value"] for key in rates} == rates
    churn = api.get("/metrics/nrr_monthly/rows", {"month": "2026-10", "part": "churn", "limit": 1}).json()
    assert (churn["count"], churn["value"]) == (2, "720000")
    rest = api.get(
        "/metrics/nrr_monthly/rows",
        {"month": "2026-10", "part": "churn", "limit": 1, "cursor": churn["next"]},
    )
    assert {row["account_id"] for row in churn["items"] + rest.json()["items"]} == {"A004", "A005"}
    assert rest.json()["next"] is None
    excluded = api.get("/metrics/nrr_monthly/rows", {"month": "2026-10", "part": "excluded"}).json()
    assert excluded["count"] >= 1
    months = api.get("/waterfall", {"first": "2026-09", "last": "2026-10"}).json()["items"]
    assert [one["closing"] for one in months] == ["12000000", "12160000"]
    assert (months[1]["opening"], months[1]["difference"], months[1]["nrr"]) == ("12000000", "0", "0.9675")
    bars = api.get("/waterfall/2026-10").json()["bars"]
    assert (bars["opening"], bars["closing"], bars["difference"]) == ("12000000", "12160000", "0")


def test_a_metrics_key_gets_numbers_without_names(as_key: Caller) -> None:
    take_in(as_key("tanaka"), make.STORIES / "us1")
    api = as_key("tanaka", "metrics")
    found = metric(api, "nrr_monthly", month="2026-10")
    assert found["value"] == "0.9675" and len(found["numerator"]["rows"]) == 40
    assert {row["account_id"] for row in found["numerator"]["rows"]} == {""}
    shown = api.get("/metrics/nrr_monthly/rows", {"month": "2026-10", "part": "churn"}).content.decode()
    assert "南部製菓" not in shown and "A004" not in shown and "480000" in shown


def test_numbers_are_asked_for_a_team_a_segment_and_a_day(as_key: Caller) -> None:
    api = as_key("tanaka")
    take_in(api, make.STORIES / "us1")
    assert metric(api, "mrr", as_of="2026-10-31")["value"] == "12160000"
    assert metric(api, "mrr", as_of="2026-10-31", team="tanaka")["value"] in (None, "0")  # nobody owns them
    assert (
        metric(api, "mrr", as_of="2026-09-30", known_at="2023-04-30")["value"] == "700000"
    )  # A001 alone was known
    assert metric(api, "mrr", as_of="2026-09-30", known_at="2023-04-30")["known_at"].startswith(
        "2023-04-30T23:59:59"
    )
    assert api.get("/metrics/mrr", {"team": "nobody"}).status_code == 422
    assert api.get("/metrics/nrr_monthly").json()["code"] == "month_needed"
    assert api.get("/metrics/nothing").json()["code"] == "unknown_metric"
    assert api.get("/metrics/mrr/rows", {"part": "nothing"}).json()["code"] == "bad_part"


def test_the_answer_is_that_of_the_command(as_key: Caller) -> None:
    import json

    from banso_web.revenue.commands import metric as command

    api = as_key("tanaka")
    take_in(api, make.STORIES / "us1")
    printed = CliRunner().invoke(
        command, ["nrr_monthly", "--month", "2026-10", "--as-of", "2026-11-01", "--json"]
    )
    assert json.loads(printed.output) == metric(api, "nrr_monthly", month="2026-10", as_of="2026-11-01")


def test_the_second_import_changes_nothing_and_undo_takes_it_back(as_key: Caller) -> None:
    api = as_key("tanaka")
    first = take_in(api, make.STORIES / "us1")
    again = upload(api, *sorted((make.STORIES / "us1").glob("*.csv")))
    assert all(counts["new"] == counts["changed"] == 0 for counts in again["counts"].values())
    done = api.post(f"/imports/{again['id']}/confirm", {}).json()
    assert (done["run"]["state"], done["watermark"]) == ("same", first["published"])
    undone = api.post(f"/imports/{first['id']}/undo", {"reason": "取り違え"})
    assert undone.json()["run"]["state"] == "undone", undone.content.decode()
    # The second run states the same: it stands as if the first had never been made, until it is taken back too.
    assert metric(api, "mrr", as_of="2026-10-31")["value"] == "12160000"
    undone = api.post(f"/imports/{again['id']}/undo", {"reason": "取り違え"})
    assert undone.json()["run"]["state"] == "undone", undone.content.decode()
    assert metric(api, "mrr", as_of="2026-10-31")["value"] in ("0", None)
    before = metric(api, "mrr", as_of="2026-10-31", watermark=first["published"])
    assert before["value"] == "12160000"


def test_the_five_levers(as_key: Caller) -> None:
    """US-2: 100,000 × 0.70 × 12 × 4 − (1,200,000 + 240,000 × 4) = 1,200,000."""
    given = ["unit_price=100000", "gross_margin=70%", "frequency=12", "years=4", "acquisition_cost=1,200,000",
             "retention_cost=240000"]  # fmt: skip
    api = as_key("tanaka", "metrics")
    assert metric(api, "ltv_article", set=given)["value"] == "1200000"
    changed = {
        "unit_price=110000": "1536000", "gross_margin=77%": "1536000", "frequency=13.2": "1536000", "years=4.4": "1440000",
    }  # fmt: skip
    for lever, value in changed.items():
        key = lever.partition("=")[0]
        assert (
            metric(api, "ltv_article", set=[*(one for one in given if not one.startswith(key)), lever])[
                "value"
            ]
            == value
        )
    cheaper = [*given[:4], "acquisition_cost=1080000", "retention_cost=216000"]
    assert metric(api, "ltv_article", set=cheaper)["value"] == "1416000"
    churn = [
        "unit_price=100000",
        "gross_margin=0.7",
        "monthly_retention_cost=20000",
        "acquisition_cost=1200000",
    ]
    for rate, value in (("5%", "-200000"), ("4%", "50000"), ("2%", "1300000"), ("1%", "3800000")):
        assert metric(api, "ltv_churn", set=[*churn, f"monthly_churn={rate}"])["value"] == value
    assert metric(api, "ltv_churn", set=[*churn, "monthly_churn=0"])["value"] is None
    wrong = api.get("/metrics/ltv_article", {"set": "colour=3"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_input")
    assert api.get("/metrics/ltv_article", {"set": "years"}).status_code == 422


def test_the_target_of_five_percent(as_key: Caller, person: Callable[[str], Member]) -> None:
    """US-3: 2 of 40 is 5 % and met; the late cancellation makes it 3 of 40, 7.5 %, and the closed month says both."""
    person("sato")
    api = as_key("tanaka")
    take_in(api, make.STORIES / "us1")
    made = api.post(
        "/targets", {"metric": "customer_churn_monthly", "op": "<=", "value": "0.05", "owner": "田中"}
    )
    assert made.status_code == 201, made.content.decode()
    churn = metric(api, "customer_churn_monthly", month="2026-10")
    assert (churn["value"], churn["n"]) == ("0.05", 40)

    def tile() -> dict[str, Any]:
        board = api.get("/kpi", {"month": "2026-10"}).json()
        found: dict[str, Any] = next(
            one for one in board["items"] if one["metric"] == "customer_churn_monthly"
        )
        return found | {"unaddressed": board["unaddressed"]}

    assert (tile()["met"], tile()["unaddressed"]) == (True, [])
    closing = {"month": "2026-10", "kind": "flash", "comment": "速報"}
    refused = as_key("sato").post("/closings", closing)
    assert refused.status_code == 403
    closed = api.post("/closings", closing, Idempotency_Key="close-october")
    assert closed.status_code == 201, closed.content.decode()
    assert api.post("/closings", closing, Idempotency_Key="close-october").content == closed.content
    assert closed.json()["closing"]["values"]["nrr_monthly"] == "0.9675"
    late = upload(api, make.STORIES / "us3" / "late_only" / "movements.csv")
    assert api.post(f"/imports/{late['id']}/confirm", {}).status_code == 200
    restated = metric(api, "customer_churn_monthly", month="2026-10")
    assert (restated["value"], restated["n"]) == ("0.075", 40)
    reported = metric(api, "nrr_monthly", month="2026-10", reported=True)
    assert (reported["value"], metric(api, "nrr_monthly", month="2026-10")["value"]) == ("0.9675", "0.96")
    key = closed.json()["closing"]["id"]
    beside = {one["key"]: one for one in api.get(f"/closings/{key}").json()["beside"]}
    assert (beside["nrr_monthly"]["reported"], beside["nrr_monthly"]["restated"]) == ("0.9675", "0.96")
    assert len(api.get(f"/closings/{key}").json()["corrections"]) == 1
    assert (tile()["met"], tile()["unaddressed"]) == (False, ["customer_churn_monthly"])
    blocked = api.post("/closings", {**closing, "kind": "final"})
    assert (blocked.status_code, blocked.json()["code"]) == (422, "closing_blocked")
    assert any("改善策" in reason for reason in blocked.json()["reasons"])
    measure = {
        "metric": "customer_churn_monthly", "month": "2026-10", "kind": "strategy", "text": "解約の兆しを週次で見る",
        "owner": "sato", "due_on": "2026-12-20", "expected_effect": "月1社減", "churn_reason": "利用低下",
    }  # fmt: skip
    added = api.post("/countermeasures", measure)
    assert added.status_code == 201, added.content.decode()
    assert api.get("/countermeasures", {"month": "2026-10"}).json()["items"][0]["owner_name"] == "佐藤"
    assert as_key("sato").post("/countermeasures", measure).status_code == 403
    assert tile()["unaddressed"] == []
    comments = {"red_comments": {"customer_churn_monthly": "北浜商店の解約が遅れて判明"}}
    final = api.post("/closings", {**closing, "kind": "final", "comment": "確報", **comments})
    assert final.status_code == 201, final.content.decode()
    bridge = {"lines": [{"kind": "tax", "amount": "-1000", "note": "端数"}]}
    assert api.post(f"/closings/{final.json()['closing']['id']}/bridge", bridge).status_code == 200
    shown = api.get(f"/closings/{final.json()['closing']['id']}").json()
    assert int(shown["accounts_mrr"]) == int(shown["closing"]["bars"]["closing"]) - 1000
    reopened = api.post(f"/closings/{final.json()['closing']['id']}/reopen", {"reason": "請求の誤り"})
    assert reopened.json()["closing"]["standing"] is False
    actions = set(AuditRow.objects.filter(via="api").values_list("action", flat=True))
    assert {"import.start", "target.set", "month.close", "countermeasure.add", "month.reopen"} <= actions


def test_cohorts_and_portfolio_answer(as_key: Caller) -> None:
    api = as_key("tanaka")
    take_in(api, make.STORIES / "us1")
    found = api.get("/cohorts", {"by": "year"}).json()
    assert found["last_month"] == "2026-10" and sum(one["size"] for one in found["cohorts"]) >= 40
    youngest = found["cohorts"][-1]
    assert youngest["retained"][-1] is None  # not so old yet: never 0
    assert api.get("/cohorts", {"by": "week"}).status_code == 422
    grid = api.get("/portfolio").json()
    cells = [*grid["months"], grid["later"], grid["without_end"]]
    assert sum(int(one["mrr"]) for one in cells) == int(grid["total"]["mrr"])
    assert sum(one["customers"] for one in cells) == grid["total"]["customers"]
    hidden = as_key("yamamoto").get("/portfolio").json()
    assert hidden["total"]["mrr"] is None and hidden["total"]["customers"] == grid["total"]["customers"]
    ltv = api.get("/ltv", {"set": "unit_price=100000"}).json()
    assert {ltv["article"]["metric"], ltv["churn"]["metric"]} == {"ltv_article", "ltv_churn"}


def test_rejected_rows_wait_for_a_person(as_key: Caller) -> None:
    api = as_key("tanaka", "import")
    text = "account_id,name,corporate_number\nA1,丸一運輸,4011001098993\nA2,西川印刷,4011001098994\n"
    one = SimpleUploadedFile("list.csv", text.encode("cp932"))
    unknown = api.upload("/imports", {"files": [one]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_file")
    one = SimpleUploadedFile("list.csv", text.encode("cp932"))
    run = api.upload("/imports", {"files": [one], "kind": "accounts"}).json()["run"]
    assert (run["state"], run["rejected"], run["counts"]["list.csv"]["new"]) == ("ready", 1, 1)
    waits = api.post(f"/imports/{run['id']}/confirm", {})
    assert (waits.status_code, waits.json()["code"]) == (422, "rejected_rows")
    lines = api.get(f"/imports/{run['id']}/rejected.csv")
    assert lines["Content-Type"].startswith("text/csv")
    told = b"".join(lines.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "行番号" in told and "corporate_number_check_digit" in told and "4011001098994" in told
    done = api.post(f"/imports/{run['id']}/confirm", {"accept_rejects": True})
    assert done.json()["run"]["state"] == "done"
    tanaka = as_key("tanaka")
    assert [row["account_id"] for row in tanaka.get("/accounts").json()["items"]] == ["A1"]
    assert api.get("/accounts").status_code == 403  # the key imports, it does not read
    assert api.post(f"/imports/{run['id']}/drop", {}).status_code == 422


def test_who_may_not_import_does_not_see_imports(as_key: Caller) -> None:
    one = SimpleUploadedFile("accounts.csv", b"account_id,name\nA1,x\n")
    sato = as_key("sato")
    assert sato.upload("/imports", {"files": [one]}).status_code == 403
    assert sato.get("/imports").status_code == 403
    assert sato.get("/imports/1").status_code == 403
    assert as_key("tanaka").get("/imports/1").status_code == 404
    assert as_key("tanaka").upload("/imports", {"kind": "accounts"}).status_code == 422


def test_the_same_upload_sent_twice_is_one_import(as_key: Caller) -> None:
    api = as_key("tanaka", "import")

    def send(name: str = "accounts.csv") -> Any:
        one = SimpleUploadedFile(name, b"account_id,name\nA1,x\n")
        return api.upload("/imports", {"files": [one]}, Idempotency_Key="u1")

    first, again = send(), send()
    assert first.content == again.content and again["Idempotent-Replayed"] == "true"
    assert len(api.get("/imports").json()["items"]) == 1


def test_large_files_are_left_to_the_worker(as_key: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from django_tasks_db.models import DBTaskResult

    from banso_web.api.views import imports
    from banso_web.ingest.jobs import check_import

    monkeypatch.setattr(imports, "AT_ONCE", 10)
    api = as_key("tanaka", "import")
    one = SimpleUploadedFile("accounts.csv", b"account_id,name\nA1,x\n")
    answer = api.upload("/imports", {"files": [one]})
    assert (answer.status_code, answer.json()["run"]["state"]) == (202, "queued")
    key = answer.json()["run"]["id"]
    assert DBTaskResult.objects.filter(task_path__endswith="check_import").count() == 1
    check_import.func(key, "ja")
    assert api.get(f"/imports/{key}").json()["run"]["state"] == "ready"


def test_two_names_of_one_company(as_key: Caller) -> None:
    """X3: 株式会社アシスト and ㈱アシスト are candidates; a person decides, and may take it back."""
    api = as_key("tanaka")
    text = "account_id,name\nA1,㈱アシスト\nA2,株式会社アシスト\nA3,アシスト(株)\n"
    run = api.upload("/imports", {"files": [SimpleUploadedFile("accounts.csv", text.encode())]}).json()["run"]
    api.post(f"/imports/{run['id']}/confirm", {})
    pairs = api.get("/merges/candidates").json()["items"]
    assert {(one["first"]["account_id"], one["second"]["account_id"]) for one in pairs} >= {("A1", "A2")}
    assert len(api.get("/accounts").json()["items"]) == 3  # nothing is merged by itself
    made = api.post("/merges", {"kept": "A1", "other": "A2", "decision": "same"})
    assert made.status_code == 201, made.content.decode()
    assert [one["account_id"] for one in api.get("/accounts", {"sort": "id"}).json()["items"]] == ["A1", "A3"]
    assert (
        as_key("sato").post("/merges", {"kept": "A1", "other": "A3", "decision": "same"}).status_code == 403
    )
    assert api.post(f"/merges/{made.json()['id']}/undo", {}).status_code == 200
    assert len(api.get("/accounts").json()["items"]) == 3


def test_audit_shows_what_the_reader_may_see(as_key: Caller) -> None:
    api = as_key("tanaka")
    make.account("A1", "丸一運輸")
    api.patch("/accounts/A1", {"values": {"segment": "EP"}})
    found = api.get("/audit", {"action": "account", "limit": 1}).json()["items"]
    assert (found[0]["actor"], found[0]["via"], found[0]["new"]) == ("田中", "api", {"segment": "EP"})
    assert as_key("sato").get("/audit").status_code == 403
    kanri = as_key("kanri").get("/audit").json()["items"]  # the administrator sees no customers
    assert kanri and all(one["subject"] != "account" for one in kanri)
    assert date.fromisoformat(found[0]["at"][:10]).year == 2026
