"""Stripe's amounts, intervals and states on rows made for the test, with MRR worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from banso_web.accounts.models import Account, Contract
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.test_shipped_mappings import Mapped, mapped  # noqa: F401  (the fixture)
from banso_web.revenue.models import Invoice

HEADERS = {
    "customer": "id,created,is_deleted,livemode,name,description,email",
    "subscription": "id,customer_id,status,livemode,start_date,trial_end,ended_at,cancel_at",
    "subscription_item": "id,plan_id,quantity,subscription_id",
    "plan": "id,amount,billing_scheme,currency,interval,interval_count,nickname,product_id,usage_type,livemode",
    "price": "id,billing_scheme,currency,nickname,product_id,recurring_interval,recurring_interval_count,"
    "recurring_usage_type,unit_amount,unit_amount_decimal,livemode",
    "product": "id,name",
    "coupon": "id,name",
    "discount": "id,subscription_id",
    "subscription_discount": "id,coupon_id,subscription_id",
    "invoice": "id,customer_id,currency,due_date,is_deleted,livemode,period_end,status,subtotal",
    "invoice_line_item": "id,invoice_id",
}
START = "2026-03-31 16:00:00"  # in Japan it is the first of April
ROWS = {
    "customer": f"""c1,{START},FALSE,TRUE,,説明,a@example.jp
gone,{START},TRUE,TRUE,削除済み,,
test,{START},FALSE,FALSE,テスト,,
left,{START},TRUE,TRUE,解約済み,,""",
    "subscription": f"""s1,c1,active,TRUE,{START},,,
s2,c1,trialing,TRUE,{START},2026-04-14 15:00:00,,
s3,left,canceled,TRUE,{START},,2026-06-30 14:59:59,
s4,c1,incomplete_expired,TRUE,{START},,,
s5,c1,active,FALSE,{START},,,
s6,c1,active,TRUE,{START},,,2026-12-31 14:00:00
s7,c1,active,TRUE,{START},,,""",
    "subscription_item": """i-jpy,p-jpy,3,s1
i-yen-year,p-yen-year,1,s1
i-year,price-year,1,s1
i-quarter,price-quarter,2,s1
i-dinar,p-dinar,1,s1
i-week,p-week,1,s1
i-fraction,price-fraction,1000,s1
i-trial,p-jpy,1,s2
i-ended,p-jpy,1,s3
i-never,p-jpy,1,s4
i-test,p-jpy,1,s5
i-later,p-jpy,1,s6
i-metered,p-metered,1,s1
i-tiered,p-tiered,1,s1
i-once,price-once,1,s1
i-noplan,nowhere,1,s1""",
    "plan": """p-jpy,5000,per_unit,jpy,month,1,基本,prod,licensed,TRUE
p-yen-year,120000,per_unit,jpy,year,1,,prod,licensed,TRUE
p-dinar,12500,per_unit,bhd,month,1,,prod,licensed,TRUE
p-week,700,per_unit,usd,week,1,,prod,licensed,TRUE
p-metered,10,per_unit,usd,month,1,,prod,metered,TRUE
p-tiered,,tiered,usd,month,1,,prod,licensed,TRUE""",
    "price": """price-year,per_unit,usd,,prod,year,1,licensed,29990,29990,TRUE
price-quarter,per_unit,eur,,prod,month,3,licensed,8000,8000,TRUE
price-fraction,per_unit,usd,,prod,month,1,licensed,,0.5,TRUE
price-once,per_unit,usd,,prod,,,,100000,100000,TRUE""",
    "product": "prod,本体",
    "coupon": "half,半額",
    "discount": "d1,s1",
    "subscription_discount": "sd1,half,s1",
    "invoice": """v-jpy,c1,jpy,2026-05-31 15:00:00,FALSE,TRUE,2026-04-30 15:00:00,open,5000
v-usd,c1,usd,,FALSE,TRUE,2026-04-30 15:00:00,paid,12345
v-draft,c1,usd,,FALSE,TRUE,2026-04-30 15:00:00,draft,100""",
    "invoice_line_item": "l1,v-usd\nl2,v-draft",
}
# What one month is worth, in 1/10,000 of the currency's unit:
MRR = {
    "i-jpy": ("JPY", 150_000_000),  # 5,000 yen x 3; a yen has no minor unit
    "i-yen-year": ("JPY", 100_000_000),  # 120,000 yen / 12
    "i-year": ("USD", 249_917),  # 299.90 / 12 = 24.99166… → 24.9917
    "i-quarter": ("EUR", 533_333),  # 80.00 x 2 / 3 = 53.3333…
    "i-dinar": ("BHD", 125_000),  # 12,500 fils = 12.500 dinars
    "i-week": ("USD", 304_167),  # 7.00 x 365 / 84 = 30.41666… → 30.4167
    "i-fraction": ("USD", 50_000),  # half a cent x 1,000 = 5.00
    "i-trial": ("JPY", 50_000_000),
    "i-ended": ("JPY", 50_000_000),
    "i-later": ("JPY", 50_000_000),
}
REFUSED = {
    "customer gone": "deleted",
    "customer test": "test mode",
    "subscription s4": "never began",
    "subscription s5": "test mode",
    "subscription s7": "no item",
    "subscription_item i-never": "its subscription is refused",
    "subscription_item i-test": "its subscription is refused",
    "subscription_item i-metered": "metered",
    "subscription_item i-tiered": "tiered",
    "subscription_item i-once": "does not recur",
    "subscription_item i-noplan": "no such plan or price: nowhere",
    "invoice v-draft": "draft, void or deleted",
    "invoice_line_item l2": "its invoice is refused",
}


@pytest.fixture
def run(mapped: Mapped, tmp_path: Path) -> ImportRun:  # noqa: F811
    folder = tmp_path / "stripe"
    folder.mkdir()
    for name, header in HEADERS.items():
        (folder / f"{name}_data.csv").write_text(f"{header}\n{ROWS[name]}\n", "utf-8")
    return mapped("stripe", folder)


def test_minor_units_intervals_and_quantities_become_a_month(run: ImportRun) -> None:
    found = Contract.objects.values_list("code", "currency", "stated_units")
    assert {code: (currency, units) for code, currency, units in found} == MRR


def test_days_are_japans_and_a_trial_is_not_yet_paid_service(run: ImportRun) -> None:
    days = {
        row[0]: row[1:] for row in Contract.objects.values_list("code", "starts_on", "ends_on", "ended_on")
    }
    assert days["i-jpy"] == (date(2026, 4, 1), None, None)
    assert days["i-trial"] == (date(2026, 4, 15), None, None)
    assert days["i-ended"][2] == date(2026, 6, 30)
    assert days["i-later"][1:] == (date(2026, 12, 31), None)


def test_a_deleted_customer_arrives_with_its_past(run: ImportRun) -> None:
    assert set(Account.objects.values_list("code", "name")) == {("c1", "説明"), ("left", "解約済み")}


def test_what_cannot_be_a_monthly_amount_is_refused_with_its_reason(run: ImportRun) -> None:
    found = {row.raw["source_row"]: row.detail["text"] for row in run.rejected.all()}
    assert set(found) == set(REFUSED)
    for row, words in REFUSED.items():
        assert words in found[row], row


def test_a_coupon_stays_visible_and_does_not_change_the_list_price(run: ImportRun) -> None:
    assert Contract.objects.get(code="i-jpy").custom["coupons"] == "半額"


def test_invoices_come_in_their_own_unit(run: ImportRun) -> None:
    found = {one.code: (one.amount, one.currency, one.billed_on) for one in Invoice.objects.all()}
    assert found == {
        "v-jpy": (Decimal(5000), "JPY", date(2026, 5, 1)),
        "v-usd": (Decimal("123.45"), "USD", date(2026, 5, 1)),
    }
