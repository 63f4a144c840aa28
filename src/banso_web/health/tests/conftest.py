"""A company whose signals stand in every state, each worked by hand. Today is 2026-11-24, a Tuesday after a holiday."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import caches

from banso_web.accounts.models import Account
from banso_web.collect.tests.conftest import events_home as events_home
from banso_web.core.facts import Asked, current_watermark
from banso_web.desk.tests.conftest import Desk as Desk
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk

DAY = date(2026, 11, 24)
OPEN = [
    day
    for day in (date(2026, 10, 26) + timedelta(days=n) for n in range(29))
    if day.weekday() < 5 and day not in (date(2026, 11, 3), date(2026, 11, 23))
]
ACCOUNTS = """account_id,name,segment,owner,started_on,excluded
H1,みどり商会,大手,sato,2024-04-01,
H2,すみれ食品,中堅,sato,2024-04-01,
H3,さくら印刷,中堅,suzuki,2024-04-01,
H4,かえで運輸,中堅,,2026-11-01,
H5,検証環境,,,2024-04-01,test
"""
CONTACTS = """contact_id,account_id,family_name,roles,status,left_on
P1,H1,山田,champion,active,
P2,H1,森,decision_maker,active,
P3,H2,西川,champion,left,2026-09-30
P4,H3,東,champion,left,2026-09-30
P5,H3,南,champion,active,
"""
CONTRACTS = """contract_id,account_id,product,plan,seats,starts_on,ends_on,auto_renew,notified_on
K1,H1,勤怠,S,40,2024-04-01,2027-03-31,×,
K2,H2,勤怠,S,20,2024-04-01,2027-03-31,×,2026-11-10
K3,H3,勤怠,S,10,2024-04-01,2027-03-31,×,
K4,H4,勤怠,S,10,2026-11-01,2027-10-31,×,
"""
TOUCHES = """touch_id,account_id,at,kind,initiative,member,contacts,subject
T1,H1,2026-11-10T10:00,meeting,proactive,sato,P1;P2,定例会
T2,H1,2026-10-10T10:00,call,proactive,sato,P1,確認
T3,H1,2026-11-12T10:00,call,reactive,sato,P2,問い合わせ
T4,H2,2026-05-10T10:00,call,proactive,sato,P3,確認
"""
TICKETS = """ticket_id,account_id,opened_at,closed_at,priority,severity
Q1,H1,2026-10-01T10:00,2026-10-02T10:00,normal,normal
Q2,H2,2026-11-20T10:00,,urgent,complaint
Q3,H2,2026-11-21T10:00,,normal,serious
Q4,H2,2026-11-22T10:00,2026-11-25T09:00,low,normal
Q5,H3,2026-06-01T10:00,2026-06-02T10:00,urgent,normal
"""
RESPONSES = """response_id,account_id,contact_id,instrument,score,sent_on,answered_on
R1,H1,P1,csat,4,2026-10-01,2026-10-02
R2,H1,P2,csat,3,2026-10-01,2026-10-05
R3,H1,P1,csat,2,2026-04-01,2026-04-02
R4,H2,P3,csat,3,2026-03-01,2026-03-03
R5,H2,P3,csat,,2026-09-01,
R6,H3,P5,csat,,2026-09-01,
R7,H1,P2,csat,,2026-11-20,
"""
INVOICES = """invoice_id,account_id,billed_on,due_on,paid_on,amount
B1,H1,2026-09-01,2026-09-30,2026-10-04,1000
B2,H1,2026-10-01,2026-10-31,2026-10-30,1000
B3,H3,2026-10-01,2026-10-31,,1000
"""
MOVEMENTS = """movement_id,account_id,contract_id,effective_on,mrr_delta,cause
M1,H1,K1,2024-04-01,400000,NEW
M2,H2,K2,2024-04-01,200000,NEW
M3,H3,K3,2024-04-01,100000,NEW
M4,H4,K4,2026-11-01,100000,NEW
"""


def use(rows: Iterable[tuple[str, date, int]]) -> str:
    lines = ["account_id,day,product,department,feature,users"]
    return (
        "\n".join([*lines, *(f"{account},{day},勤怠,営業部,申請,{users}" for account, day, users in rows)])
        + "\n"
    )


def usual() -> list[tuple[str, date, int]]:
    """H1: 30 people a day of 40 seats. H2: 5 a day until the end of August. H3: never."""
    return [("H1", day, 30) for day in OPEN] + [
        ("H2", date(2026, 8, 3) + timedelta(days=n), 5) for n in range(26)
    ]


FILES = {
    "accounts": ACCOUNTS,
    "contacts": CONTACTS,
    "contracts": CONTRACTS,
    "touches": TOUCHES,
    "tickets": TICKETS,
    "responses": RESPONSES,
    "invoices": INVOICES,
    "movements": MOVEMENTS,
    "usage_daily": use(usual()),
}


@pytest.fixture
def company(bring: Callable[..., Any], events_home: Any, person: Callable[[str], Any]) -> dict[str, Account]:
    """{code: account}."""
    caches["local"].clear()
    for key in ("tanaka", "sato", "suzuki"):
        person(key)
    run = bring(**FILES)
    assert not run.rejected.exists(), list(run.rejected.values())
    return {account.code: account for account in Account.objects.all()}


def now(day: date = DAY) -> Asked:
    return Asked(as_of=day, today=DAY, watermark=current_watermark())
