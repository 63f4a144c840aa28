"""A ledger with one amount column whose rows say themselves for how long the amount is: 月額, 年額, 四半期."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from banso_web.ingest.readers import RawTable
from banso_web.ingest.readers.aliases import header_key
from banso_web.ingest.readers.cells import blank, parse_enum, parse_text
from banso_web.ingest.readers.schema import Column, Value

AMOUNT_PER = Column(
    "amount_per", "金額の期間(月額・年額)", "What the amount is for (month, year)", "enum",
    values=(
        Value("month", "月額", "Monthly", ("月払い", "月払", "毎月", "月次", "月", "月々", "月毎", "月ごと", "月契約", "month", "per month", "mo")),
        Value("quarter", "四半期額", "Quarterly", ("四半期", "四半期払い", "四半期払", "四半期ごと", "3か月", "3ヶ月", "3カ月", "quarter")),
        Value("half_year", "半年額", "Half-yearly", ("半年", "半期", "半年払い", "半年払", "6か月", "6ヶ月", "6カ月", "semiannual")),
        Value("year", "年額", "Yearly", ("年払い", "年払", "毎年", "年次", "年", "年間", "年契約", "年一括", "年毎", "年ごと", "annual", "annually", "year", "per year")),
        Value("term", "契約期間の総額", "The whole term", ("総額", "一括", "一括払い", "全期間")),
    ),
)  # fmt: skip
NAMES = frozenset(
    header_key(word)
    for word in (
        "料金区分", "支払方法", "支払い方法", "支払区分", "支払サイクル", "請求サイクル", "請求周期", "請求区分", "課金サイクル",
        "金額区分", "契約区分", "billing cycle", "billing period", "interval",
    )
)  # fmt: skip
LOOKED_AT = 2_000


@dataclass(frozen=True)
class Units:
    """A column that says it, with how many rows mean what (keys of `AMOUNT_PER`) and how many say something else."""

    header: str
    counts: Counter[str]
    others: int

    @property
    def mixed(self) -> bool:
        return len(self.counts) > 1


def unit_columns(table: RawTable, but: Collection[str] = ()) -> Iterator[Units]:
    """Columns whose words are months and years: all of them, or the most where the header says so too."""
    rows = table.sample(LOOKED_AT)
    for column in table.columns:
        if column.header in but:
            continue
        counts, others = Counter[str](), 0
        for row in rows:
            text = parse_text(row[column.index])
            if text is None or blank(text):
                continue
            found = parse_enum(text, AMOUNT_PER)
            if isinstance(found, str):
                counts[found] += 1
            else:
                others += 1
        named = header_key(column.header.rpartition("/")[2]) in NAMES
        if counts and (not others or (named and counts.total() >= others)):
            yield Units(column.header, counts, others)


def says_month(header: str) -> bool:
    """Whether an amount's header says itself that it is a month's: then a column of 年払い tells how it is paid."""
    return any(word in header_key(header) for word in ("月", "mrr", "month"))
