"""Back-tests: the past as it was known, what is counted, who may see and run, and the states of a small company."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from django.core.cache import caches

from banso.health import alert_budget
from banso.simulate import SignalPlan, signal_history
from banso_web.api.tests.conftest import Api
from banso_web.api.tests.conftest import as_key as as_key
from banso_web.core import clock
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import Desk
from banso_web.health.actions.backtesting import FIELDS, counted, tables
from banso_web.health.columns import pack, unpack
from banso_web.health.commands import backtest_command
from banso_web.health.models import BacktestRun
from banso_web.health.reads.past import (
    EVENTS,
    OUTCOMES,
    SNAPSHOTS,
    Rebuilt,
    assumed,
    end_of,
    month_ends,
    rebuild,
)
from banso_web.health.tests.conftest import DAY, now
from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of

pytestmark = pytest.mark.django_db


def test_month_ends_by_hand() -> None:
    assert month_ends(date(2026, 11, 24), 3) == [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]
    assert month_ends(date(2026, 3, 31), 2) == [date(2026, 2, 28), date(2026, 3, 31)]
    assert end_of(date(2026, 10, 31)).isoformat() == "2026-10-31T23:59:59.999999+09:00"


ACCOUNTS = """account_id,name,segment,started_on,recorded_at
H1,みどり商会,大手,2024-04-01,2024-04-01T09:00
H2,すみれ食品,中堅,2024-04-01,2024-04-01T09:00
"""
MOVEMENTS = """movement_id,account_id,contract_id,effective_on,mrr_delta,cause,recorded_at
M1,H1,K1,2024-04-01,400000,new,2024-04-01T09:00
M2,H2,K2,2024-04-01,200000,new,2024-04-01T09:00
M3,H2,K2,2026-08-31,-200000,churn,2026-07-15T09:00
"""
RESPONSES = """response_id,account_id,instrument,score,sent_on,answered_on
R1,H1,csat,5,2026-06-01,2026-06-02
"""
LATE = """response_id,account_id,instrument,score,sent_on,answered_on
R2,H1,csat,1,2026-08-01,2026-08-03
"""


@pytest.fixture
def bring_known(db: None, tmp_path: Path) -> Callable[..., None]:
    """`bring_known("effective", accounts="…")`: files whose facts were known when they happened (assumed), or only now."""

    def run(known: str, **files: str) -> None:
        folder = tmp_path / f"{known}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        started = actions.start_run(inputs_of(folder)[0], actor=None, label=folder.name, known=known)
        actions.confirm_run(actions.check_run(started), actor=None, accept_rejects=False)

    caches["local"].clear()
    return run


def test_the_past_is_read_as_it_was_known(bring_known: Callable[..., None], events_home: Any) -> None:
    """H2 left on 8/31: it pays at the end of July and no more. H1's bad answer of 8/3 is entered only now: no month end of the past knows it."""
    bring_known("effective", accounts=ACCOUNTS, movements=MOVEMENTS, responses=RESPONSES)
    done: list[int] = []
    built = rebuild(now(DAY), "standard", 4, done.append)
    told, happened = built.sheet[SNAPSHOTS], built.sheet[OUTCOMES]
    ends = [date.fromordinal(one).isoformat() for one in told["day"].tolist()]
    assert done == [1, 2, 3, 4]
    assert ends == ["2026-07-31", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31"]
    assert [built.segments[one] for one in told["segment"]] == ["大手", "中堅", "大手", "大手", "大手"]
    assert told["mrr"].tolist() == [400_000, 200_000, 400_000, 400_000, 400_000]
    assert [
        (EVENTS[kind], date.fromordinal(day))
        for kind, day in zip(happened["kind"], happened["day"], strict=True)
    ] == [("churn", date(2026, 8, 31))]
    assert told["satisfaction"].tolist() == pytest.approx([5, np.nan, 5, 5, 5], nan_ok=True)
    bring_known("now", responses=LATE)
    again = rebuild(now(DAY), "standard", 4, done.append).sheet[SNAPSHOTS]
    assert again["satisfaction"].tolist() == pytest.approx([5, np.nan, 5, 5, 5], nan_ok=True)
    assert again["value"].tolist() == told["value"].tolist()
    share = assumed(DAY)  # the movements state when they were known, the late answer was entered by hand
    assert (share.assumed, share.rows) == (1, 5)


def test_a_small_company_is_told_that_it_has_too_few(
    bring_known: Callable[..., None], events_home: Any
) -> None:
    bring_known("effective", accounts=ACCOUNTS, movements=MOVEMENTS, responses=RESPONSES)
    done = CliRunner().invoke(backtest_command, ["standard", "--months", "4", "--horizon", "30", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    score = told["result"]["score"]
    # H2 left 31 days after its last month end, so nobody left within 30; those of 10/31 are not over on 11/24
    assert (told["state"], score["counted"]["used"], score["counted"]["events"]) == ("done", 4, 0)
    assert (score["auc"]["value"], score["auc"]["reason"]) == (None, "few_events")
    assert told["result"]["model"]["reason"] == "short_history"
    wrong = CliRunner().invoke(backtest_command, ["nothing"])
    assert wrong.exit_code == 1 and "nothing" in wrong.output


@pytest.fixture
def run(db: None) -> BacktestRun:
    """A finished run over a made-up company: 150 customers, 24 months, a score that knows the risk with some noise."""
    made = signal_history(SignalPlan(accounts=150, months=24, monthly_rate=0.03))
    random = np.random.default_rng(1)
    number = np.array([int(name[1:]) for name in made.panel["account"]])
    table = {
        "id": number,
        "day": np.array([one.toordinal() for one in made.panel["as_of"]], np.int32),
        "value": 100 * (1 - np.clip(made.chance * 4 + random.normal(0, 0.1, len(number)), 0, 1)),
        "segment": (number % 2).astype(np.int32),
        "member": number % 3,
        "mrr": np.full(len(number), 1000.0),
        "recency": random.exponential(10, len(number)),
        **{name: made.panel[name] for name in made.signals},
    }
    outcomes = {
        "id": np.array([int(name[1:]) for name in made.outcomes["account"]]),
        "day": np.array([one.toordinal() for one in made.outcomes["on"]], np.int32),
        "kind": np.zeros(len(made.outcomes["on"]), np.int8),
    }
    asked = BacktestRun(
        card="standard", version="standard 1", digest="d", as_of=made.last, months=24, horizon=90, capacity=5, watermark=7,
        asked_at=clock.now(), state="done", done=24,
    )  # fmt: skip
    asked.result = counted(
        Rebuilt({SNAPSHOTS: table, OUTCOMES: outcomes}, ("大手", "中堅"), made.signals), asked
    )
    asked.columns = pack({SNAPSHOTS: {name: table[name] for name in FIELDS}, OUTCOMES: outcomes})
    asked.save()
    return asked


def test_the_page_says_how_good_the_score_was(run: BacktestRun, desk: Callable[[str], Desk]) -> None:
    page = desk("tanaka").get("/health/backtests/")
    text = page.content.decode()
    area = run.result["score"]["auc"]
    assert f"{area['value']:.3f}({area['low']:.3f}〜{area['high']:.3f})" in text
    for word in (
        "最後の接点からの日数",
        "一つ前のスコア",
        "大手",
        "CS担当ごとに月 5 社",
        "離散時間ハザード",
        "ずれの見張り",
    ):
        assert word in text, word
    assert "基準番号 7" in text
    assert desk("tanaka").get("/health/backtests/nothing/").status_code == 404
    assert desk("tanaka").get("/health/backtests/standard/", run=run.pk + 1).status_code == 404


def test_a_budget_is_solved_on_what_the_run_kept(run: BacktestRun, desk: Callable[[str], Desk]) -> None:
    table = tables(unpack(bytes(run.columns)), run.result["segments"])
    solved = alert_budget(*table, 90, alerts_per_member_day=0.2, precision=0.2, as_of=run.as_of)
    assert solved.threshold is not None and solved.later is not None
    text = (
        desk("tanaka")
        .get("/health/backtests/standard/", alerts="0.2", precision="20", run=run.pk)
        .content.decode()
    )
    assert f"しきい値は {solved.threshold:.1f} です" in text
    text = desk("tanaka").get("/health/backtests/standard/", alerts="0.01", precision="99").content.decode()
    assert "両方満たすしきい値はありません" in text


def test_running_one_is_for_who_answers_for_everybody(
    run: BacktestRun, desk: Callable[[str], Desk], django_capture_on_commit_callbacks: Any
) -> None:
    asked = {"horizon": "90", "months": "12", "capacity": ""}
    assert desk("sato").client.post("/health/backtests/standard/", asked).status_code == 403
    assert "調べる" not in desk("sato").get("/health/backtests/").content.decode()
    manager = desk("tanaka")
    assert manager.client.post("/health/backtests/standard/", {**asked, "months": "1"}).status_code == 422
    assert manager.client.post("/health/backtests/standard/", asked).status_code == 302
    waiting = BacktestRun.objects.get(state="waiting")
    assert (waiting.months, waiting.capacity, waiting.member) == (12, None, manager.member)
    row = AuditRow.objects.get(action="backtest.new")
    assert (row.subject_id, row.new["months"]) == (waiting.pk, 12)
    assert "12 か月のうち 0 か月" in manager.get("/health/backtests/").content.decode()


def test_the_tables_leave_as_a_file_for_who_may_take_them(
    run: BacktestRun, desk: Callable[[str], Desk]
) -> None:
    answer = desk("tanaka").text("/health/backtests/", export="csv")
    assert answer.startswith("指標,値,補足\r\nAUC,")
    assert "大手," in answer
    assert AuditRow.objects.get(action="backtest.export").subject_id == run.pk
    assert desk("yamamoto").get("/health/backtests/", export="csv").status_code == 403


def test_programs_start_one_and_read_it(run: BacktestRun, as_key: Callable[..., Api]) -> None:
    reader, writer = as_key("sato", "read"), as_key("tanaka", "read", "write")
    [line] = reader.get("/backtests", {"scorecard": "standard"}).json()["items"]
    assert (line["id"], line["state"], line["months"]) == (run.pk, "done", 24)
    found = reader.get(f"/backtests/{run.pk}").json()["backtest"]
    assert found["result"]["score"]["auc"] == run.result["score"]["auc"]
    assert as_key("watanabe", "read").get("/backtests").status_code == 403
    assert as_key("sato", "read", "write").post("/backtests", {}).status_code == 403
    assert writer.post("/backtests", {"horizon": 45}).status_code == 422
    assert writer.post("/backtests", {"scorecard": "nothing"}).status_code == 404
    begun = writer.post("/backtests", {"months": 6})
    assert (begun.status_code, begun.json()["backtest"]["state"]) == (202, "waiting")
