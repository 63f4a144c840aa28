"""The simulation: month by month, every living customer may grow, shrink, leave or come back."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from banso.simulate import people
from banso.simulate.plan import Cause, Plan, Truth

Row = dict[str, Any]
WRITTEN = {  # what the company wrote down as the reason; a fifth stays unasked
    Cause.BACKGROUND: "事業の都合",
    Cause.CHAMPION_LEFT: "推進者の異動",
    Cause.ONBOARDING_STALLED: "定着しなかった",
    Cause.PRICE: "料金",
    Cause.POOR_FIT: "機能が合わない",
}


@dataclass(frozen=True)
class Company:
    """Canonical tables (file name -> rows with that file's columns) and the planted truth."""

    tables: dict[str, list[Row]]
    truth: Truth


@dataclass
class _Life:
    """One customer while it is being simulated."""

    code: str
    start: int
    mrr: int
    poor_fit: bool
    stalled: bool
    begins: date = date.min
    product_b: int = 0
    champion_left: list[int] = field(default_factory=list)
    price_rise: list[int] = field(default_factory=list)
    ended: int | None = None
    cause: Cause | None = None
    acted: dict[Cause, list[int]] = field(default_factory=dict)


class _Maker:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = np.random.Generator(np.random.PCG64(plan.seed))
        first = plan.as_of.year * 12 + plan.as_of.month - 1 - plan.months
        self.first_month = first
        self.tables: dict[str, list[Row]] = {
            name: [] for name in ("members", "accounts", "contacts", "contracts", "movements", "charges")
        }
        self.truth = Truth({}, {}, {}, 0, dict.fromkeys(Cause, 0))
        self.at_risk = 0
        self.number = 0

    def day(self, month: int, day: int = 1) -> date:
        year, index = divmod(self.first_month + month, 12)
        return date(year, index + 1, min(day, monthrange(year, index + 1)[1]))

    def last_day(self, month: int) -> date:
        return self.day(month, 31)

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, options: tuple[Any, ...]) -> Any:
        return options[int(self.random.integers(len(options)))]

    # -- one customer ------------------------------------------------------------------------------------------

    def acting(self, life: _Life, month: int) -> dict[Cause, float]:
        """The added hazard of each cause that acts on the customer in the month."""
        hazards, age = self.plan.hazards, month - life.start
        found = {Cause.BACKGROUND: hazards[Cause.BACKGROUND]}
        if life.poor_fit:
            found[Cause.POOR_FIT] = hazards[Cause.POOR_FIT]
        if life.stalled and 4 <= age <= 12:
            found[Cause.ONBOARDING_STALLED] = hazards[Cause.ONBOARDING_STALLED]
        if any(0 < month - then <= 3 for then in life.champion_left):
            found[Cause.CHAMPION_LEFT] = hazards[Cause.CHAMPION_LEFT]
        if any(0 < month - then <= 4 for then in life.price_rise):
            found[Cause.PRICE] = hazards[Cause.PRICE]
        return found

    def live_month(self, life: _Life, month: int) -> None:
        """Let one month pass: events, then the chance of leaving, then growth or contraction."""
        shares = self.plan.shares
        if self.chance(shares[Cause.CHAMPION_LEFT]):
            life.champion_left.append(month)
        if month - life.start >= 12 and self.chance(shares[Cause.PRICE]):
            life.price_rise.append(month)
            self.move(life, self.day(month), round(life.mrr * 0.08 / 1000) * 1000, "price")
        acting = self.acting(life, month)
        self.at_risk += 1
        for cause in acting:
            life.acted.setdefault(cause, []).append(month)
            self.truth.hazard_months[cause] += 1
        total = sum(acting.values())
        if month > life.start and self.chance(total):
            weights = np.array(list(acting.values())) / total
            life.cause = list(acting)[int(self.random.choice(len(weights), p=weights))]
            life.ended = month
            self.end(life, self.last_day(month))
            return
        if self.chance(0.022):
            self.move(
                life,
                self.day(month, 1),
                round(life.mrr * self.random.uniform(0.1, 0.4) / 1000) * 1000,
                "upsell",
            )
        elif self.chance(0.007):
            self.move(
                life,
                self.day(month, 1),
                -round(life.mrr * self.random.uniform(0.1, 0.3) / 1000) * 1000,
                "downgrade",
            )
        elif not life.product_b and self.chance(0.006):
            self.move(
                life,
                self.day(month, 1),
                round(life.mrr * 0.35 / 1000) * 1000,
                "cross_sell",
                product="分析オプション",
            )

    def move(
        self, life: _Life, on: date, delta: int, cause: str, *, product: str = "基本", note: str = ""
    ) -> None:
        if delta == 0:
            return
        on = max(on, life.begins)  # whoever starts in mid-month changes nothing before that day
        if product == "基本":
            life.mrr += delta
        else:
            life.product_b += delta
        self.number += 1
        suffix = "" if product == "基本" else "B"
        known = (
            on - timedelta(days=int(self.random.integers(0, 20)))
            if cause != "churn"
            else on - timedelta(days=35)
        )
        self.tables["movements"].append(
            {
                "movement_id": f"SM{self.number:07d}",
                "account_id": life.code,
                "contract_id": f"K{life.code[1:]}{suffix}",
                "product": product,
                "effective_on": on,
                "mrr_delta": delta,
                "currency": "JPY",
                "cause": cause,
                "recorded_at": f"{min(known, self.plan.as_of).isoformat()}T18:00:00+09:00",
                "note": note,
            }
        )

    def end(self, life: _Life, on: date) -> None:
        if life.product_b:
            self.move(life, on, -life.product_b, "churn", product="分析オプション")
        self.move(life, on, -life.mrr, "churn")
        assert life.cause is not None
        self.truth.churn_cause[life.code] = life.cause
        self.truth.churned_on[life.code] = on

    def customer(self, index: int) -> None:
        code = f"S{index + 1:06d}"
        start = min(int(self.plan.months * self.random.random() ** 0.8), self.plan.months - 1)
        price = int(
            np.clip(round(float(self.random.lognormal(12.2, 0.8)) / 10_000) * 10_000, 20_000, 3_000_000)
        )
        shares = self.plan.shares
        life = _Life(
            code, start, 0, self.chance(shares[Cause.POOR_FIT]), self.chance(shares[Cause.ONBOARDING_STALLED])
        )
        life.begins = self.day(start, int(self.random.choice((1, 1, 1, 16))))
        self.move(life, life.begins, price, "new")
        if self.chance(0.5):
            self.charge(life, start, price)
        for month in range(start, self.plan.months):
            if life.ended is None:
                self.live_month(life, month)
        self.truth.acted[code] = {cause: tuple(months) for cause, months in life.acted.items()}
        self.describe(life, price)

    def charge(self, life: _Life, month: int, price: int) -> None:
        self.tables["charges"].append(
            {
                "charge_id": f"SC{life.code[1:]}",
                "account_id": life.code,
                "on": self.day(month),
                "amount": price,
                "currency": "JPY",
                "kind": "initial",
                "product": "基本",
            }
        )

    # -- its paper ---------------------------------------------------------------------------------------------

    def describe(self, life: _Life, price: int) -> None:
        head, trade, form = self.pick(people.HEADS), self.pick(people.TRADES), self.pick(people.FORMS)
        name, kana = f"{head[0]}{trade[0]}", f"{head[1]}{trade[1]}"
        legal = name if not form else f"{form}{name}" if self.chance(0.8) else f"{name}{form}"
        tier = "high" if price >= 500_000 else "low" if price >= 100_000 else "tech"
        started = self.day(life.start)
        owner, deputy = (
            int(self.random.integers(self.plan.members)),
            int(self.random.integers(self.plan.members)),
        )
        self.tables["accounts"].append(
            {
                "account_id": life.code,
                "name": legal,
                "kana": kana,
                "industry": trade[2],
                "segment": {"high": "ハイタッチ", "low": "ロータッチ", "tech": "テックタッチ"}[tier],
                "employees": int(self.random.lognormal(4.6, 1.1)) + 3,
                "prefecture": self.pick(("東京都", "大阪府", "愛知県", "福岡県", "北海道", "宮城県")),
                "fiscal_month": self.pick((3, 3, 3, 12, 9)),
                "touch": tier,
                "community": int(self.chance(0.2)),
                "owner": f"M{owner + 1:02d}",
                "deputy": f"M{deputy + 1:02d}" if deputy != owner and tier == "high" else "",
                "started_on": started,
                "success_definition": self.pick(
                    ("", "月次締めを5営業日から3営業日にする", "申請の紙をなくす", "問い合わせを3割減らす")
                ),
            }
        )
        self.contract(life, started)
        for place in range(int(self.random.integers(1, 4))):
            self.contact(life, place)

    def contract(self, life: _Life, started: date) -> None:
        products = ["基本", "分析オプション"] if life.product_b else ["基本"]
        ended = self.last_day(life.ended) if life.ended is not None else None
        for product in products:
            term_end = self.next_term_end(started)
            self.tables["contracts"].append(
                {
                    "contract_id": f"K{life.code[1:]}{'' if product == '基本' else 'B'}",
                    "account_id": life.code,
                    "product": product,
                    "plan": self.pick(("S", "M", "L")),
                    "seats": int(self.random.integers(5, 300)),
                    "seat_unit": "ID",
                    "starts_on": started,
                    "ends_on": ended or term_end,
                    "mrr": life.mrr if product == "基本" else life.product_b,
                    "signed_on": started - timedelta(days=14),
                    "notified_on": ended - timedelta(days=35) if ended else None,
                    "ended_on": ended,
                    "end_reason": "" if life.cause is None or self.chance(0.2) else WRITTEN[life.cause],
                    "auto_renew": int(self.chance(0.9)),
                    "renewal_months": 12,
                    "notice_kind": "months_before",
                    "notice_value": self.pick((1, 1, 1, 2, 3)),
                }
            )

    def next_term_end(self, started: date) -> date:
        """The last day of the yearly term that holds the day before `as_of` or ends soon before it."""
        years = self.plan.as_of.year - started.year
        for year in (years, years + 1, years + 2):
            month_index = started.month - 1 + 12 * (started.year + year)
            first = date(month_index // 12, month_index % 12 + 1, 1)
            end = first + timedelta(days=min(started.day, 28) - 1) - timedelta(days=1)
            if end >= self.plan.as_of:
                return end
        raise AssertionError("unreachable: a term of a year ends within two years")

    def contact(self, life: _Life, place: int) -> None:
        family, given = self.pick(people.FAMILIES), self.pick(people.GIVENS)
        left = place == 0 and bool(life.champion_left)
        self.tables["contacts"].append(
            {
                "contact_id": f"P{life.code[1:]}{place}",
                "account_id": life.code,
                "family_name": family[0],
                "given_name": given[0],
                "family_kana": family[1],
                "given_kana": given[1],
                "department": self.pick(people.DEPARTMENTS),
                "title": self.pick(("部長", "課長", "主任", "")),
                "roles": ("champion", "decision_maker", "user")[place],
                "email": f"p{life.code[1:]}{place}@example.jp",
                "status": "left" if left else "active",
                "left_on": self.day(life.champion_left[-1], 28) if left else None,
                "consent_basis": "relation",
            }
        )

    def members(self) -> None:
        self.tables["members"].append(
            {"member_id": "M00", "name": "田中 真由", "role": "manager", "monthly_hours": 48}
        )
        for index in range(self.plan.members):
            name, _key = people.MEMBERS[index % len(people.MEMBERS)]
            self.tables["members"].append(
                {
                    "member_id": f"M{index + 1:02d}",
                    "name": name,
                    "role": "member",
                    "manager_id": "M00",
                    "monthly_hours": 112,
                }
            )


def company(plan: Plan | None = None, *, progress: Callable[[int], None] | None = None) -> Company:
    """Simulate a company up to the month before `plan.as_of`.

    Gives canonical tables (members, accounts, contacts, contracts, movements, charges) whose amounts are whole yen a
    month, and the truth. The sum of a customer's movements is its MRR; an end is dated the last day of its month.
    `progress` is called with the number of accounts made. Raises ValueError for an impossible plan.
    """
    maker = _Maker(plan or Plan())
    maker.members()
    for index in range(maker.plan.accounts):
        maker.customer(index)
        if progress and (index + 1) % 1000 == 0:
            progress(index + 1)
    truth = Truth(
        maker.truth.churn_cause,
        maker.truth.churned_on,
        maker.truth.acted,
        maker.at_risk,
        maker.truth.hazard_months,
    )
    return Company(maker.tables, truth)
