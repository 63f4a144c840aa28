"""A small company, brought in by files, and browsers of named people."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of
from banso_web.ingest.models import ImportRun
from banso_web.members.models import Member

FILES = {
    "accounts": """account_id,name,kana,segment,owner,deputy,touch,prefecture,started_on,excluded,success_definition
A1,㈱アシスト,アシスト,大手,sato,,high,東京都,2024-04-01,,月次の集計を半日で終える
A2,株式会社アシスト,アシスト,大手,suzuki,,high,東京都,2025-04-01,,
A3,西川印刷,ニシカワインサツ,中堅,sato,suzuki,low,大阪府,2024-04-01,,
A4,"=HYPERLINK(""http://x"")",エクセル,中堅,takahashi,,tech,大阪府,2024-04-01,,
A5,自社検証,ジシャケンショウ,,,,,,2024-04-01,test,
""",
    "contacts": """contact_id,account_id,family_name,given_name,family_kana,given_kana,department,title,roles,email,phone,valid_from
C1,A1,山田,花子,ヤマダ,ハナコ,情報システム部,部長,champion,hanako.yamada@assist.example,03-1234-5678,2024-04-01
C2,A1,森,一郎,モリ,イチロウ,営業部,課長,decision_maker,ichiro.mori@assist.example,,2026-10-01
C3,A3,西川,次郎,ニシカワ,ジロウ,総務部,,user,jiro@nishikawa.example,,
""",
    "contracts": """contract_id,account_id,product,seats,starts_on,ends_on,auto_renew,notified_on
K1,A1,集計クラウド,10,2024-04-01,2026-12-31,○,
K2,A2,集計クラウド,5,2025-04-01,2027-03-31,×,2026-11-10
K3,A3,集計クラウド,3,2024-04-01,2027-01-31,×,
K4,A4,集計クラウド,3,2024-04-01,2027-06-30,×,
""",
    "movements": """movement_id,account_id,contract_id,effective_on,mrr_delta,cause,recorded_at
M1,A1,K1,2024-04-01,100000,NEW,2024-04-01
M2,A2,K2,2025-04-01,50000,NEW,2025-04-01
M3,A3,K3,2024-04-01,30000,NEW,2024-04-01
M4,A1,K1,2026-11-01,20000,UPSELL,2026-11-01
M5,A4,K4,2024-04-01,10000,NEW,2024-04-01
""",
    "touches": """touch_id,account_id,at,kind,initiative,member,contacts,subject,note
T1,A1,2026-09-01T10:00,meeting,proactive,sato,C1;C2,定例会,山田 花子様と次期の計画を確認した
T2,A2,2026-11-20T10:00,call,proactive,suzuki,,状況の確認,
""",
}


@pytest.fixture
def bring(db: None, tmp_path: Path) -> Callable[..., ImportRun]:
    """`bring(accounts="…")` imports one CSV a keyword as one run."""
    made = 0

    def run(**files: str) -> ImportRun:
        nonlocal made
        made += 1
        folder = tmp_path / f"run{made}"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        taken, _ = inputs_of(folder)
        found = actions.check_run(actions.start_run(taken, actor=None, label=folder.name, known="now"))
        return actions.confirm_run(found, actor=None, accept_rejects=True)

    return run


@pytest.fixture
def company(person: Callable[[str], Member], bring: Callable[..., ImportRun]) -> dict[str, Account]:
    """{code: account} of the small company; today is 2026-11-24."""
    caches["local"].clear()
    for key in ("tanaka", "sato", "suzuki", "takahashi"):
        person(key)
    run = bring(**FILES)
    assert run.state == ImportRun.State.DONE, list(run.rejected.values())
    assert not run.rejected.exists(), list(
        run.rejected.values("file", "row_number", "column", "code", "detail")
    )
    return {account.code: account for account in Account.objects.all()}


class Desk:
    """One logged-in browser."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.client = Client()
        self.client.force_login(member)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query)

    def text(self, path: str, **query: Any) -> str:
        response = self.client.get(path, query)
        assert response.status_code == 200, (path, query, response.status_code)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return unescape(content.decode("utf-8-sig"))

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(path, data)


@pytest.fixture
def desk(person: Callable[[str], Member]) -> Callable[[str], Desk]:
    """`desk("sato")`: 佐藤's browser."""
    return lambda key: Desk(person(key))
