"""The mappings that ship, on the real files they are for: totals and rows counted apart from the SELECTs."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from banso_web.accounts.models import Account, Contract
from banso_web.core.facts import counted, current_watermark
from banso_web.core.settings_store import put
from banso_web.ingest import actions
from banso_web.ingest.mapping import sql
from banso_web.ingest.models import ImportRun
from banso_web.revenue.commands import metric
from banso_web.revenue.models import Invoice, Movement
from tests.environment import SHARED

SHIPPED = Path(sql.__file__).parent / "shipped"
EXPECTED = Path(__file__).parent / "stripe_expected.csv"
Mapped = Callable[[str, Path], ImportRun]


@pytest.fixture
def mapped(db: None, tmp_path: Path) -> Mapped:
    """`mapped("telco", path)` imports what lies at the path through a shipped mapping, leaving refused rows out."""

    def run(name: str, source: Path) -> ImportRun:
        folder = tmp_path / f"out-{name}"
        folder.mkdir(exist_ok=True)
        mapping = sql.parse((SHIPPED / f"{name}.yaml").read_text("utf-8"))
        files = sql.run(mapping, sql.input_tables(mapping, source), folder)
        found = actions.check_run(
            actions.start_run(files, actor=None, label=name, known=mapping.known or "now")
        )
        return actions.confirm_run(found, actor=None, accept_rejects=True)

    return run


def asked(key: str, **options: str) -> dict[str, Any]:
    """`banso metric KEY --json`."""
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    result = CliRunner().invoke(metric, [key, *words, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def dollars() -> None:
    put("revenue.reporting_currency", "USD", actor=None, effective_on=date(2000, 1, 1))


@pytest.fixture
def telco(tmp_path: Path) -> Path:
    packed = next((SHARED / "telco").glob("*.gz"))
    with gzip.open(packed, "rb") as source, (tmp_path / "telco.csv").open("wb") as target:
        shutil.copyfileobj(source, target)
    return tmp_path / "telco.csv"


# Counted with Python's csv over the published file, apart from the mapping:
#   7,043 customers, Churn = Yes 1,869 (MonthlyCharges 139,130.85), Churn = No 5,174 (316,985.75), together 456,116.60;
#   tenure 0: 11 customers (455.60), none of them churned.
# October 2026 therefore opens with 456,116.60 - 455.60 = 455,661.00 of 7,043 - 11 = 7,032 customers.
@pytest.mark.shared
def test_telco_gives_the_sums_and_starts_of_the_published_file(mapped: Mapped, telco: Path) -> None:
    dollars()
    run = mapped("telco", telco)
    assert not run.rejected.exists() and run.counts["contracts.csv"]["new"] == 7043
    month = asked("nrr_monthly", month="2026-10", as_of="2026-10-31")
    assert month["unit"] == "ratio"
    parts = {key: Decimal(value) for key, value in month["parts"].items()}
    assert (parts["opening"], parts["new"]) == (Decimal("455661"), Decimal("455.6"))
    assert (abs(parts["churn"]), parts["closing"]) == (Decimal("139130.85"), Decimal("316985.75"))
    assert parts["difference"] == parts["expansion"] == parts["contraction"] == 0
    # 316,530.15 / 455,661.00
    assert abs(Decimal(month["value"]) - Decimal("0.694661491767")) < Decimal("1e-11")
    churn = asked("customer_churn_monthly", month="2026-10", as_of="2026-10-31")
    assert (churn["numerator"]["value"], churn["denominator"]["value"]) == ("1869", "7032")
    assert asked("customers", as_of="2026-10-30")["value"] == "7043"
    assert asked("customers", as_of="2026-11-24")["value"] == "5174"
    assert Decimal(asked("mrr", as_of="2026-11-24")["value"]) == Decimal("316985.75")

    # Each starts as many months before as its tenure says: 7590-VHVEG: tenure 1, 5575-GNVDE: 34, 3668-QPYBK: 2 and churned, 4472-LVYGI: 0
    starts = dict(Contract.objects.values_list("code", "starts_on"))
    assert starts["7590-VHVEG"] == date(2026, 9, 1)
    assert starts["5575-GNVDE"] == date(2023, 12, 1)
    assert starts["3668-QPYBK"] == date(2026, 8, 1)
    assert starts["4472-LVYGI"] == date(2026, 10, 1)
    ended = Contract.objects.exclude(ended_on=None)
    assert ended.count() == 1869 and set(ended.values_list("ended_on", flat=True)) == {date(2026, 10, 31)}


# By hand, from the five lines of the subscription history:
#   2900cfb1…  1 x 99.00 + 0                               =    99.00 a month from 2015-02-11 (two versions, one price)
#   bcd3f1f3…  1 x 2,999.00 + (1 x 599.00 + 2 x 999.00)    = 5,596.00 a month from 2015-02-20 (its trial's end)
#   99b1bc40…, b4110f76…  1 x 99.00 each, begun and expired on 2019-03-26
RECURLY = {
    ("2900cfb1daef789cc21ea100ff6af6e9", date(2015, 2, 11), 990_000),
    ("bcd3f1f36bd98895b5336e067049364b", date(2015, 2, 20), 55_960_000),
    ("99b1bc4097d247c10c89dc71d41f8046", date(2019, 3, 26), 990_000),
    ("99b1bc4097d247c10c89dc71d41f8046", date(2019, 3, 26), -990_000),
    ("b4110f7673aa3e121abf4ffaad157f62", date(2019, 3, 26), 990_000),
    ("b4110f7673aa3e121abf4ffaad157f62", date(2019, 3, 26), -990_000),
}


@pytest.mark.shared
def test_recurly_arrives_with_the_mrr_worked_by_hand(mapped: Mapped) -> None:
    dollars()
    run = mapped("recurly", SHARED / "billing_dbt_recurly")
    assert not run.rejected.exists()
    assert {row["kind"]: row["new"] for row in run.counts.values()} == {
        "accounts": 4, "contracts": 4, "movements": 6, "invoices": 5,
    }  # fmt: skip
    rows = counted(Movement, current_watermark()).values_list("contract__code", "effective_on", "delta_units")
    assert len(rows) == 6 and set(rows) == RECURLY
    assert Decimal(asked("mrr", as_of="2015-02-15")["value"]) == 99
    assert Decimal(asked("mrr", as_of="2022-08-31")["value"]) == 5695
    march = asked("nrr_monthly", month="2019-03", as_of="2019-03-31")
    assert {key: Decimal(march["parts"][key]) for key in ("opening", "closing", "difference")} == {
        "opening": 5695, "closing": 5695, "difference": 0,
    }  # fmt: skip


@pytest.mark.shared
def test_a_second_import_of_recurly_changes_nothing(mapped: Mapped) -> None:
    mapped("recurly", SHARED / "billing_dbt_recurly")
    mark = current_watermark()
    again = mapped("recurly", SHARED / "billing_dbt_recurly")
    assert all(row["new"] == row["changed"] == 0 for row in again.counts.values())
    assert current_watermark() == mark


def arrived() -> dict[tuple[str, str], tuple[str, str]]:
    """(Stripe table, its row's key) → what it became."""
    found = {
        ("customer", code): ("arrives", "account") for code in Account.objects.values_list("code", flat=True)
    }
    contracts = Contract.objects.values_list("code", flat=True)
    found |= {("subscription_item", code): ("arrives", "contract") for code in contracts}
    invoices = counted(Invoice, current_watermark()).values_list("code", flat=True)
    return found | {("invoice", code): ("arrives", "invoice") for code in invoices}


def refused(run: ImportRun) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for row in run.rejected.all():
        assert row.code == "refused_by_mapping", (row.code, row.raw)
        table, key = row.raw["source_row"].split(" ", 1)
        found[table, key] = ("rejected", row.detail["text"])
    assert len(found) == run.rejected.count()
    return found


def row_key(table: str, number: int, row: dict[str, str]) -> str:
    """What names a row in the committed table: its id; where a table has none, its place in the file."""
    return row.get("id") or f"row {number}"


@pytest.mark.shared
def test_every_stripe_row_arrives_or_is_refused_as_the_committed_table_says(mapped: Mapped) -> None:
    run = mapped("stripe", SHARED / "billing_dbt_stripe")
    outcomes = arrived() | refused(run)
    with EXPECTED.open(encoding="utf-8", newline="") as stream:
        expected = list(csv.DictReader(stream))
    seen = []
    for path in sorted((SHARED / "billing_dbt_stripe").glob("*.csv")):
        table = path.stem.removesuffix("_data")
        with path.open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.DictReader(stream), 1):
                key = row_key(table, number, row)
                seen.append((table, key, *outcomes.pop((table, key), ("aside", ""))))
    assert outcomes == {}, "something arrived or was refused that is no row of the files"
    assert len(seen) == len(expected) == 230
    for got, want in zip(seen, expected, strict=True):
        wanted = (
            want["file"],
            want["row"],
            want["outcome"],
            "" if want["outcome"] == "aside" else want["why"],
        )
        assert got == wanted
        assert want["why"], "also what is left aside says why"


@pytest.mark.shared
def test_only_tables_without_a_place_in_banso_are_left_aside() -> None:
    """Rows of these tables arrive or are refused, each of them; plans, prices, products and coupons speak through contracts."""
    with EXPECTED.open(encoding="utf-8", newline="") as stream:
        aside = {row["file"] for row in csv.DictReader(stream) if row["outcome"] == "aside"}
    accounted = {
        "customer",
        "subscription",
        "subscription_item",
        "discount",
        "subscription_discount",
        "invoice",
    }
    assert aside.isdisjoint(accounted | {"invoice_line_item"})
    mapping = sql.parse((SHIPPED / "stripe.yaml").read_text("utf-8"))
    assert aside & set(mapping.inputs) == {"plan", "price", "product", "coupon"}
