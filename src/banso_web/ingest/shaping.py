"""How a file that is no canonical one is read: which column is what, factors, constants, value words, and a recipe's options.

A `Shaping` is made from suggestions, changed by the person on the mapping page, kept in the draft, and saved with the
file's shape so that the next file of that shape needs no questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from banso_web.core.ui.formats import joined
from banso_web.ingest.per_row import AMOUNT_PER, says_month, unit_columns
from banso_web.ingest.readers import RawTable
from banso_web.ingest.readers.aliases import Suggestion, header_key, match_header, suggest_columns
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.cells import blank, parse_date
from banso_web.ingest.readers.convert import FieldMap, month_columns
from banso_web.ingest.readers.schema import Column, FileSchema

_LOOKED_AT = 2_000
_NAME = Column("account_name", "顧客名", "Account name")
_OWNER = FILES["accounts"].column("owner")
_ACCOUNT = Column("account_id", "顧客ID", "Account ID", "key", True)
_WHAT = (
    Column("contract_id", "契約ID", "Contract ID", "key"),
    Column("product", "製品", "Product"),
    Column("currency", "通貨", "Currency", "currency"),
)

LEDGER = FileSchema(
    "ledger", "契約台帳", "Contract ledger", "state", ("contract_id",),
    (*(replace(one, required=one.key in ("account_id", "product", "starts_on")) for one in FILES["contracts"].columns), AMOUNT_PER, _NAME, _OWNER),
)  # fmt: skip
WIDE = FileSchema("wide", "月次MRR表", "Month table", "happening", (), (_ACCOUNT, _NAME, _OWNER, *_WHAT))
SNAPSHOTS = FileSchema(
    "snapshots", "契約一覧", "Snapshot", "happening", (),
    (_ACCOUNT, _NAME, _OWNER, Column("mrr", "月額", "MRR", "amount", True), *_WHAT),
)  # fmt: skip
DEALS = FileSchema(
    "deals", "受注した商談", "Won deals", "happening", ("deal_id",),
    (
        _ACCOUNT, _NAME, Column("kind", "種別", "Kind", "text", True), Column("effective_on", "発効日", "Effective on", "date"),
        Column("starts_on", "利用開始日", "Starts on", "date"), Column("closed_on", "受注日", "Closed on", "date"),
        Column("mrr", "月額", "MRR", "amount"), Column("deal_id", "商談ID", "Deal ID", "key"), _OWNER, *_WHAT,
    ),
)  # fmt: skip
INVOICE_LINES = FileSchema(
    "invoice_lines", "請求明細", "Invoice lines", "happening", (),
    (
        _ACCOUNT, _NAME, Column("amount", "金額", "Amount", "amount", True),
        Column("service_from", "利用期間の開始日", "Service from", "date", True),
        Column("service_to", "利用期間の終了日", "Service to", "date", True), Column("months", "月数", "Months", "number"),
        Column("kind", "区分", "Kind"), _OWNER, *_WHAT,
    ),
)  # fmt: skip
SCHEMAS: Mapping[str, FileSchema] = {one.key: one for one in (LEDGER, WIDE, SNAPSHOTS, DEALS, INVOICE_LINES)}

# Words of the two files that have no canonical sister, beside those of `contracts`.
_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "deals": {
        "kind": ("種別", "商談種別", "取引種別", "タイプ", "dealtype", "type"),
        "closed_on": ("受注日", "完了予定日", "完了日", "クローズ日", "closedate", "契約日"),
        "effective_on": ("発効日", "適用日", "変動日"),
        "deal_id": ("商談ID", "案件ID", "商談番号", "案件番号", "opportunityid", "dealid"),
        "mrr": ("金額", "月額", "MRR", "月額金額", "amount"),
    },
    "invoice_lines": {
        "amount": ("金額", "請求金額", "明細金額", "小計(税抜)", "amount"),
        "service_from": (
            "利用期間開始",
            "利用期間開始日",
            "対象期間開始",
            "サービス開始日",
            "期間開始日",
            "利用開始日",
            "期間(自)",
            "periodstart",
        ),
        "service_to": (
            "利用期間終了",
            "利用期間終了日",
            "対象期間終了",
            "サービス終了日",
            "期間終了日",
            "利用終了日",
            "期間(至)",
            "periodend",
        ),
        "months": ("月数", "契約月数"),
        "kind": ("区分", "種別", "明細区分", "明細種別"),
    },
}


@dataclass(frozen=True)
class Shaping:
    """How one file is read. `fields`: column key → where it comes from; `left_out`: headers that are not taken at all.

    `options` of recipes: end_reading, cancel_reading, undecided, overlap, opening, change_amounts, year, unit,
    tax_included, complete, totals (text), day (of a snapshot).
    """

    kind: str
    fields: Mapping[str, FieldMap] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    tax_percent: str = "10"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> FileSchema:
        return schema_of(self.kind)

    @property
    def tax_rate(self) -> Decimal:
        """0.10 for 10 %."""
        return Decimal(self.tax_percent) / 100

    @property
    def required(self) -> tuple[str, ...]:
        return self.schema.required

    def missing(self) -> list[Column]:
        """Required columns that nothing fills."""
        have = {key for key, one in self.fields.items() if one.source or one.constant}
        return [column for column in self.schema.columns if column.required and column.key not in have]

    @property
    def name_is_id(self) -> bool:
        """A list of customers without codes: the name is the id, as in a ledger without codes."""
        code, name = self.fields.get("account_id"), self.fields.get("name")
        if self.kind != "accounts" or code is None or name is None:
            return False
        return code.source == name.source != ""

    def open_words(self) -> str:
        """Why the columns cannot be used yet, in words; empty when they can."""
        if missing := self.missing():
            names = joined(column_label(column) for column in missing)
            return _(
                "次の列が決まっていません: %(columns)s。ファイルの列を選ぶか、全行に同じ値を入れてください。"
            ) % {"columns": names}
        if self.kind == "ledger" and not {"mrr", "amount"} & set(self.fields):
            return _("月額か契約金額の列を選んでください。")
        return ""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "fields": {key: one.as_json() for key, one in self.fields.items()},
            "left_out": list(self.left_out),
            "tax_percent": self.tax_percent,
            "options": dict(self.options),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Shaping:
        kind, told = str(data["kind"]), data.get("fields", {})
        # PostgreSQL keeps no order of keys, and where two fields stand on one column the later one is the one that is shown.
        order = {column.key: place for place, column in enumerate(schema_of(kind).columns)}
        keys = sorted(told, key=lambda key: order.get(key, len(order)))
        return cls(
            kind,
            {key: FieldMap.from_json(told[key]) for key in keys},
            tuple(data.get("left_out", ())),
            str(data.get("tax_percent", "10")),
            dict(data.get("options", {})),
        )

    def fitting(self, headers: Sequence[str]) -> Shaping:
        """The same for a file whose headers differ in width, spaces or marks; fields whose header is gone are dropped."""
        here = {header_key(header): header for header in headers}
        fields = {}
        for key, one in self.fields.items():
            source = one.source if one.source in headers else here.get(header_key(one.source), "")
            if source or one.constant:
                fields[key] = replace(one, source=source)
        left = tuple(here[header_key(one)] for one in self.left_out if header_key(one) in here)
        return replace(self, fields=fields, left_out=left)


def schema_of(kind: str) -> FileSchema:
    """The columns of a canonical file or of what a recipe takes."""
    return SCHEMAS.get(kind) or FILES[kind]


def column_label(column: Column) -> str:
    """A column's name in the reader's language."""
    return column.ja if (get_language() or "ja").startswith("ja") else column.en


def suggestions(table: RawTable, kind: str) -> list[Suggestion]:
    """What each header of the table may mean in a file of this kind, each column once."""
    rows = table.sample(50)
    if kind in FILES:
        return suggest_columns(table.headers, rows, kind)
    has = {column.key for column in schema_of(kind).columns}
    own = [one for header in table.headers if (one := _own_word(header, kind)) is not None]
    taken = {each.header for each in own}
    months = set(month_columns(table)) if kind == "wide" else set()
    plain = [column.header for column in table.columns if column.index not in months]
    places = [table.headers.index(header) for header in plain]
    sample = [[row[place] for place in places] for row in rows]
    found = [
        one
        for one in suggest_columns(plain, sample, "contracts")
        if one.column in has and one.header not in taken
    ]
    return _customers(plain, _once([*own, *found]), kind)


def _own_word(header: str, kind: str) -> Suggestion | None:
    parts = [header, header.rpartition("/")[2]]
    for column, words in _WORDS.get(kind, {}).items():
        keys = {header_key(word) for word in words}
        for part in parts:
            bare = header_key(part)
            if bare in keys or header_key(bare.split("(")[0]) in keys:
                return Suggestion(
                    header,
                    column,
                    0.9,
                    "alias",
                    tax_included="税込" in bare,
                    unit=1000 if "千円" in bare else 1,
                )
    return None


def _once(found: Iterable[Suggestion]) -> list[Suggestion]:
    kept: dict[str, Suggestion] = {}
    for one in found:
        kept.setdefault(one.column, one)
    return list(kept.values())


def _customers(headers: Sequence[str], found: list[Suggestion], kind: str) -> list[Suggestion]:
    """A code names the customer before a name does; the name beside a code becomes the customer's name.

    担当 of a list of contracts is the customer's 主担当; of deals and invoices it is a seller or a clerk.
    """
    matches = {header: match for header in headers if (match := match_header(header, "accounts"))}
    code = next(
        (header for header, one in matches.items() if one.column == "account_id" and one.score >= 0.6), ""
    )
    name = next((header for header, one in matches.items() if one.column == "name" and one.score >= 0.6), "")
    if code:
        found = [one for one in found if one.column != "account_id" and one.header != code]
        found.insert(0, replace(matches[code], column="account_id"))
        if name:
            found = [one for one in found if one.header != name]
            found.append(replace(matches[name], column="account_name"))
    owner = next((one for one in matches.values() if one.column == "owner" and one.score >= 0.6), None)
    if owner and kind not in ("deals", "invoice_lines") and owner.header not in {one.header for one in found}:
        found.append(owner)
    return found


def _yearly_beside(table: RawTable, monthly: str) -> FieldMap | None:
    """The column of yearly amounts of a ledger that has monthly ones too."""
    for header in table.headers:
        match = match_header(header, "contracts")
        if header != monthly and match and match.column == "mrr" and match.divisor == 12:
            return FieldMap(source=header, unit=match.unit, tax_included=match.tax_included)
    return None


def suggested_shaping(table: RawTable, kind: str) -> Shaping:
    """A first mapping from the suggestions; the person may change all of it."""
    fields = {one.column: FieldMap.of(one) for one in suggestions(table, kind) if one.score >= 0.5}
    for column in schema_of(kind).columns:
        source = fields.get(column.key)
        if (
            column.type == "amount"
            and source
            and source.unit == 1
            and table.unit_hint > 1
            and "千円" not in source.source
        ):
            fields[column.key] = replace(source, unit=table.unit_hint)
    if kind == "ledger" and "mrr" in fields and not {"amount", "term_months"} & fields.keys():
        yearly = _yearly_beside(table, fields["mrr"].source)
        if yearly:  # 月額 on some rows, 年額 on others: an amount for twelve months
            fields["amount"], fields["term_months"] = yearly, FieldMap(constant="12")
    if kind == "ledger" and "term_months" not in fields:
        _each_row_says(table, fields)
    options: dict[str, Any] = {}
    if kind == "wide":
        options["unit"] = table.unit_hint
    if kind == "ledger":
        options["complete"] = True
    fields = with_id(kind, fields)
    return Shaping(kind, fields, _empty(table, fields), options=options)


def with_id(kind: str, fields: Mapping[str, FieldMap]) -> dict[str, FieldMap]:
    """The fields of a list of customers, whose names are their ids where it has no codes; others as they are."""
    name = fields.get("name")
    if kind != "accounts" or "account_id" in fields or name is None or not name.source:
        return dict(fields)
    return {"account_id": FieldMap(name.source), **fields}


def _each_row_says(table: RawTable, fields: dict[str, FieldMap]) -> None:
    """Map a column of 月額/年額 words where the ledger has one amount column that does not say itself what it is."""
    amounts = [key for key in ("mrr", "amount") if key in fields]
    if len(amounts) != 1 or says_month(fields[amounts[0]].source):
        return
    taken = {one.source for one in fields.values()}
    found = sorted(unit_columns(table, taken), key=lambda one: (not one.mixed, -one.counts.total()))
    if found:
        fields["amount_per"] = FieldMap(source=found[0].header)
        fields[amounts[0]] = replace(fields[amounts[0]], divisor=1)


def _empty(table: RawTable, fields: Mapping[str, FieldMap]) -> tuple[str, ...]:
    """Headers of columns in which nothing stands: they are not taken."""
    rows = table.sample(_LOOKED_AT)
    taken = {one.source for one in fields.values()}
    return tuple(
        column.header
        for column in table.columns
        if column.header not in taken and rows and all(blank(row[column.index]) for row in rows)
    )


def all_on_the_first(table: RawTable, shaping: Shaping) -> bool:
    """Whether 更新日 stands on the first of a month in every row: then it is the first day of what follows."""
    source = shaping.fields["ends_on"].source if "ends_on" in shaping.fields else ""
    place = next((one.index for one in table.columns if one.header == source), None)
    if place is None or "更新" not in source:
        return False
    days = [parse_date(row[place]) for row in table.sample(_LOOKED_AT) if not blank(row[place])]
    read = [one for one in days if isinstance(one, date)]
    return bool(read) and all(one.day == 1 for one in read)
