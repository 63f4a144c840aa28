"""What else a simulated company's files hold: touches, answers, tickets, voices, invoices, goals, tasks, targets.

Nothing here carries planted truth; it gives the customer page and the import something to show.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from banso.simulate.company import Company
from banso.simulate.plan import Plan

Row = dict[str, Any]
# (baseline, target) of each success definition: days, sheets of paper a month, tickets a month.
GOALS = {
    "月次締めを5営業日から3営業日にする": (5, 3),
    "申請の紙をなくす": (400, 0),
    "問い合わせを3割減らす": (100, 70),
}
SUBJECTS = {
    "meeting": ("定例会", "活用状況の共有", "来期の進め方"),
    "call": ("設定のご相談", "操作のご質問"),
    "mail": ("リリースのご案内", "ご質問への回答"),
    "seminar": ("活用セミナー",),
}
TICKETS = (
    ("操作", "一括取込のやり方"),
    ("不具合", "画面が表示されない"),
    ("契約", "ID の追加"),
    ("設定", "権限の付け方"),
)
VOICES = (
    ("一括取込が一度に500件までなのが困っています。", "一括取込の上限が500件", "negative", "一括取込"),
    ("月次の締めが2日早くなりました。", "締めが2日短縮", "positive", "締め"),
    ("承認の経路を部署ごとに変えたいです。", "承認経路が全社で一つ", "negative", "承認"),
)


def _instant(day: date, hour: int) -> str:
    return f"{day.isoformat()}T{hour:02d}:00:00+09:00"


def _touches(random: Random, account: Row, since: date, until: date) -> list[Row]:
    rows, every = [], {"high": 30, "low": 75, "tech": 140}[account["touch"]]
    day, number = since + timedelta(days=random.randint(3, every)), 0
    while day < until:
        kind = random.choice(list(SUBJECTS))
        number += 1
        rows.append(
            {
                "touch_id": f"T{account['account_id'][1:]}-{number:03d}",
                "account_id": account["account_id"],
                "at": _instant(day, random.randint(9, 17)),
                "kind": kind,
                "initiative": random.choice(("proactive", "proactive", "reactive")),
                "member": account["owner"],
                "subject": random.choice(SUBJECTS[kind]),
                "note": "",
            }
        )
        day += timedelta(days=random.randint(every // 2, every * 2))
    return rows


def _responses(random: Random, account: Row, contact: str, since: date, until: date) -> list[Row]:
    rows, day, number = [], since + timedelta(days=90), 0
    mood = random.uniform(2.6, 4.7)
    while day < until:
        number += 1
        answered = random.random() < 0.6
        score = max(1, min(5, round(random.gauss(mood, 0.6))))
        rows.append(
            {
                "response_id": f"R{account['account_id'][1:]}-{number:02d}",
                "account_id": account["account_id"],
                "contact_id": contact,
                "instrument": "csat",
                "score": score if answered else None,
                "sent_on": day,
                "answered_on": day + timedelta(days=random.randint(0, 9)) if answered else None,
                "comment": "",
            }
        )
        day += timedelta(days=180)
    return [row for row in rows if not row["answered_on"] or row["answered_on"] < until]


def _tickets(random: Random, account: Row, since: date, until: date) -> list[Row]:
    rows = []
    for number in range(random.choice((0, 0, 1, 1, 2, 4))):
        day = since + timedelta(days=random.randint(0, max(1, (until - since).days - 6)))
        category, subject = random.choice(TICKETS)
        rows.append(
            {
                "ticket_id": f"Q{account['account_id'][1:]}-{number:02d}",
                "account_id": account["account_id"],
                "opened_at": _instant(day, 10),
                "first_reply_at": _instant(day, 13),
                "closed_at": _instant(day + timedelta(days=random.randint(1, 5)), 16),
                "category": category,
                "priority": random.choice(("low", "normal", "normal", "high")),
                "severity": "normal",
                "subject": subject,
                "minutes": random.randint(5, 90),
            }
        )
    return rows


def _voice(random: Random, account: Row, day: date) -> Row:
    verbatim, fact, polarity, theme = random.choice(VOICES)
    return {
        "voice_id": f"V{account['account_id'][1:]}",
        "account_id": account["account_id"],
        "on": day,
        "channel": "meeting",
        "role": "user",
        "contract_state": "active",
        "verbatim": verbatim,
        "fact": fact,
        "interpretation": "",
        "polarity": polarity,
        "themes": theme,
    }


def _agreed(account: Row, until: date) -> tuple[Row, Row]:
    code, start = account["account_id"][1:], account["started_on"]
    baseline, target = GOALS[account["success_definition"]]
    goal = {
        "goal_id": f"G{code}",
        "account_id": account["account_id"],
        "metric": account["success_definition"],
        "baseline": baseline,
        "target": target,
        "due_on": start + timedelta(days=365),
        "agreed_on": start + timedelta(days=30),
        "approver": "部長",
    }
    task = {
        "task_id": f"A{code}",
        "account_id": account["account_id"],
        "title": "成功の定義の進み具合を確かめる",
        "owner": account["owner"],
        "due_on": until + timedelta(days=7),
        "state": "open",
    }
    return goal, task


def work(made: Company, plan: Plan) -> dict[str, list[Row]]:
    """Canonical tables touches, responses, tickets, voices, sentiments, invoices, goals, tasks, targets and ltv_inputs.

    The same company and plan give the same rows. Nothing is dated after `plan.as_of` but due days of tasks and bills.
    """
    random = Random(plan.seed)
    tables: dict[str, list[Row]] = {
        name: [] for name in ("touches", "responses", "tickets", "voices", "goals", "tasks")
    }
    contacts: dict[str, str] = {}
    for row in made.tables["contacts"]:
        contacts.setdefault(row["account_id"], row["contact_id"])
    for account in made.tables["accounts"]:
        until = min(made.truth.churned_on.get(account["account_id"], plan.as_of), plan.as_of)
        since = max(account["started_on"], plan.as_of - timedelta(days=540))
        if until <= since:
            continue
        tables["touches"] += _touches(random, account, since, until)
        tables["responses"] += _responses(random, account, contacts[account["account_id"]], since, until)
        tables["tickets"] += _tickets(random, account, since, until)
        if random.random() < 0.3:
            tables["voices"].append(_voice(random, account, until - timedelta(days=random.randint(1, 20))))
        if account["success_definition"]:
            goal, task = _agreed(account, until)
            tables["goals"].append(goal)
            if account["account_id"] not in made.truth.churned_on:
                tables["tasks"].append(task)
    tables["tickets"] += _new_tickets(made, plan)
    return tables | {"sentiments": _sentiments(made, plan)} | _numbers(made, plan)


def _new_tickets(made: Company, plan: Plan) -> list[Row]:
    """Two tickets on each of the last eight days, of customers who are there: some still open, and some of those urgent."""
    random = Random(plan.seed + 2)
    there = [
        row["account_id"]
        for row in made.tables["accounts"]
        if row["account_id"] not in made.truth.churned_on
        and row["started_on"] < plan.as_of - timedelta(days=8)
    ]
    rows = []
    for number in range(16 if there else 0):
        day = plan.as_of - timedelta(days=8 - number // 2)
        category, subject = random.choice(TICKETS)
        is_open = random.random() < 0.6
        rows.append(
            {
                "ticket_id": f"QN{number:02d}",
                "account_id": random.choice(there),
                "opened_at": _instant(day, 10),
                "first_reply_at": _instant(day, 13),
                "closed_at": None if is_open else _instant(day, 16),
                "category": category,
                "priority": random.choice(("normal", "normal", "high", "urgent")),
                "severity": "normal",
                "subject": subject,
                "minutes": None if is_open else random.randint(5, 90),
            }
        )
    return rows


def _sentiments(made: Company, plan: Plan) -> list[Row]:
    """What owners think of a third of their customers, of the last two months; worse of those who left since."""
    random = Random(plan.seed + 1)
    rows = []
    for account in made.tables["accounts"]:
        left_on = made.truth.churned_on.get(account["account_id"])
        until = min(left_on or plan.as_of, plan.as_of)
        day = until - timedelta(days=random.randint(1, 60))
        mark = random.choice(("fair", "poor") if left_on else ("excellent", "good", "good", "good", "fair"))
        if random.random() < 1 / 3 and account["owner"] and account["started_on"] <= day:
            rows.append(
                {
                    "sentiment_id": f"S{account['account_id'][1:]}",
                    "account_id": account["account_id"],
                    "on": day,
                    "mark": mark,
                    "until": None,
                    "member": account["owner"],
                    "reason": "",
                }
            )
    return rows


def _numbers(made: Company, plan: Plan) -> dict[str, list[Row]]:
    month = plan.as_of.replace(day=1)
    bills = [
        {
            "invoice_id": f"B{row['contract_id'][1:]}",
            "account_id": row["account_id"],
            "billed_on": month - timedelta(days=1),
            "due_on": month + timedelta(days=29),
            "paid_on": None,
            "amount": row["mrr"],
            "currency": "JPY",
        }
        for row in made.tables["contracts"]
        if not row["ended_on"]
    ]
    on = plan.as_of - timedelta(days=200)
    inputs = {"gross_margin": "0.70", "acquisition_cost": "1200000", "retention_cost_yearly": "240000"}
    return {
        "invoices": bills,
        "targets": [
            {
                "metric": "customer_churn_monthly",
                "scope": "",
                "period": "month",
                "op": "<=",
                "value": "0.05",
                "owner": "M00",
            },
            {
                "metric": "nrr_monthly",
                "scope": "",
                "period": "month",
                "op": ">=",
                "value": "1.00",
                "owner": "M00",
            },
        ],
        "ltv_inputs": [
            {"segment": "", "key": key, "value": value, "source": "サンプル", "on": on}
            for key, value in inputs.items()
        ],
    }
