"""MRR that another source tells already: a run that would count it twice is published only by an answer.

What counts as the same source: the runs of one saved mapping, month tables (snapshots) that share customer, contract and
product, all plain files with one another (their ids are the company's own), and movements that a contract's own take the
place of. Only rows that are new and begin something (cause 新規, or none) can double what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _

from banso.money import to_units
from banso.periods import Month
from banso.revenue.recipes import Told, doubled
from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import counted, current_watermark
from banso_web.core.facts.happenings import effective
from banso_web.core.imports import Row
from banso_web.core.ui.formats import money_text
from banso_web.ingest.checking import open_input
from banso_web.ingest.inputs import Input
from banso_web.ingest.joining import PREFIX, entries_of, movements, restated_entries
from banso_web.ingest.models import ImportRun
from banso_web.ingest.withheld import sees_sums

if TYPE_CHECKING:
    from banso_web.members.models import Member

ADD, STOP = "add", "stop"
ANSWERS = (ADD, STOP)
_CHUNK = 500


@dataclass(frozen=True)
class Source:
    """Which run asks: its recipe and series, empty for plain files."""

    kind: str = ""
    series: str = ""
    run: int = 0

    def others(self) -> Q:
        """Condition on movements: brought by another source. For plain files those are the recipes' runs."""
        if self.kind:
            own = entries_of(self.series, but=self.run)[0] if self.series else []
            return ~Q(entry__in=own)
        runs = ImportRun.objects.filter(entry__isnull=False, state=ImportRun.State.DONE)
        pairs = runs.values_list("entry_id", "options__recipe")
        return Q(entry__in=[entry for entry, recipe in pairs if recipe])


def parts(found: Iterable[str]) -> Iterator[list[str]]:
    """Sorted, in lists that one query can name."""
    rest = iter(sorted(found))
    while part := list(islice(rest, _CHUNK)):
        yield part


def _begins(row: Mapping[str, Any]) -> bool:
    delta = row.get("mrr_delta")
    return delta is not None and delta > 0 and (row.get("cause") or "new") == "new"


def _told(row: Mapping[str, Any]) -> Told:
    units = to_units(Decimal(row["mrr_delta"]))
    return Told(str(row["account_id"]), str(row.get("currency") or "JPY"), row["effective_on"], units)


def _anything_else(source: Source) -> bool:
    """Whether any movement of another source counts at all: the first import of a company is not held up."""
    mark = current_watermark()
    return bool(movements()._default_manager.filter(source.others(), effective(mark), is_void=False).exists())


def doubled_by(rows: Sequence[Mapping[str, Any]], source: Source) -> dict[str, Any] | None:
    """What these movements (columns of the canonical file) would count twice, as data for `words`; None for nothing."""
    if not rows or not _anything_else(source):
        return None
    begin = {str(row.get("movement_id") or ""): row for row in rows if _begins(row)}
    model, watermark = movements(), current_watermark()
    for part in parts(begin):
        for code in counted(model, watermark).filter(code__in=part).values_list("code", flat=True):
            begin.pop(code, None)
    accounts = {str(row["account_id"]) for row in begin.values()}
    mine = [row for row in rows if str(row["account_id"]) in accounts]
    grows = {str(row.get("contract_id")) for row in begin.values() if not row.get("cause")} - {"", "None"}
    stored = list(_others(accounts, source, mine, grows if not source.kind else frozenset()))
    today = Month.of(clock.today())
    found = doubled([_told(row) for row in mine], stored, until=today)
    if found is None:
        return None
    runs = dict(ImportRun.objects.filter(entry__in=found.sources).values_list("entry_id", "pk"))
    return {
        "customers": found.customers, "month": str(found.month),
        "stored": {key: f"{amount.normalize():f}" for key, amount in found.stored.items()},
        "brought": {key: f"{amount.normalize():f}" for key, amount in found.brought.items()},
        "runs": sorted(runs.values()), "elsewhere": len(runs) < len(found.sources),
    }  # fmt: skip


def _others(
    accounts: Set[str], source: Source, mine: Sequence[Mapping[str, Any]], grows: Set[str]
) -> Iterator[Told]:
    """Movements of these customers that other sources have brought. `grows`: contracts that a plain file adds to."""
    codes = {str(row.get("movement_id") or "") for row in mine}
    keys = {
        (str(row["account_id"]), str(row.get("contract_id") or ""), str(row.get("product") or ""))
        for row in mine
    }
    contracts = {contract for _account, contract, _product in keys if contract}
    prefix, again = PREFIX.get(source.kind), set(restated_entries())
    names = (
        "account__code", "contract__code", "product", "code", "derived", "currency", "effective_on", "delta_units",
        "entry_id",
    )  # fmt: skip
    for part in parts(accounts):
        rows = counted(movements(), current_watermark()).filter(source.others(), account__code__in=part)
        for (
            account,
            contract,
            product,
            code,
            derived,
            currency,
            on,
            units,
            entry,
        ) in rows.order_by().values_list(*names):
            if code in codes or contract in grows or (derived and contract in contracts):
                continue
            joins = bool(prefix) and code.startswith(str(prefix))
            if joins and (account, contract or "", product) in keys:
                continue
            if entry in again and contract in contracts:
                continue
            yield Told(account, currency, on, units, entry)


def doubled_of(run: ImportRun, files: Sequence[Input]) -> dict[str, Any] | None:
    """The same for a checked run, from its files; refused rows are left out."""
    recipe = run.options.get("recipe") or {}
    source = Source(recipe.get("kind", ""), recipe.get("series", ""), run.pk)
    if not any(one.kind in ("movements", "contracts") for one in files) or not _anything_else(source):
        return None
    rows = [row for one in files if one.kind == "movements" for row in _rows(run, one)]
    rows = [row for row in rows if row.get("account_id") and row.get("effective_on")]
    if not source.kind:
        spoken = {str(row.get("contract_id") or "") for row in rows}
        terms = [row for one in files if one.kind == "contracts" for row in _rows(run, one)]
        rows += _starts(terms, spoken)
    return doubled_by(rows, source)


def _rows(run: ImportRun, one: Input) -> Iterator[dict[str, Any]]:
    refused = set(run.rejected.filter(file=one.place).values_list("row_number", flat=True))
    table, binding = open_input(one)
    for raw, row in binding.rows(table):
        if isinstance(row, Row) and raw.number not in refused:
            yield row.values


def _starts(terms: Sequence[Mapping[str, Any]], spoken: Set[str]) -> list[dict[str, Any]]:
    """Contracts of a plain file that nobody's movements speak of will get theirs from their terms: begin and end."""
    codes = {str(row.get("contract_id") or "") for row in terms if row.get("mrr")} - spoken - {""}
    known: set[str] = set()
    for part in parts(codes):
        rows = counted(movements(), current_watermark()).filter(contract__code__in=part)
        known.update(rows.values_list("contract__code", flat=True))
    found = []
    for row in terms:
        code, begins = str(row.get("contract_id") or ""), row.get("starts_on")
        if code not in codes - known or not isinstance(begins, date) or not row.get("account_id"):
            continue
        plain = {key: row.get(key) for key in ("account_id", "contract_id", "product", "currency")}
        known.add(code)
        found.append(
            {
                **plain,
                "movement_id": f"term:{code}",
                "mrr_delta": row["mrr"],
                "effective_on": begins,
                "cause": "new",
            }
        )
        if isinstance(row.get("ended_on"), date):
            found.append({**plain, "movement_id": f"end:{code}", "mrr_delta": -row["mrr"], "effective_on": row["ended_on"], "cause": "churn"})  # fmt: skip
    return found


def _sums(amounts: Mapping[str, str]) -> str:
    return " + ".join(money_text(Decimal(amount), key) for key, amount in amounts.items())


def words(found: Mapping[str, Any], reader: Member | None) -> str:
    """「54社にはすでに MRR があります(別の取込 #2、合計 ¥5,083,000)…」, without the amounts for who may not see them."""
    if not sees_sums(reader):
        text = _("%(n)s社にはすでに MRR があります。このまま取り込むと、二重に数えます。")
        return text % {"n": f"{found['customers']:,}"}
    runs = "、".join(f"#{one}" for one in found["runs"][:5])
    if runs:
        text = _(
            "%(n)s社にはすでに MRR があります(別の取込 %(runs)s、合計 %(sum)s、%(month)s末)。このまま取り込むと、%(brought)s を二重に数えます。"
        )
    else:
        text = _(
            "%(n)s社にはすでに MRR があります(画面や連携で登録したもの、合計 %(sum)s、%(month)s末)。このまま取り込むと、%(brought)s を二重に数えます。"
        )
    return text % {
        "n": f"{found['customers']:,}", "runs": runs, "sum": _sums(found["stored"]), "month": found["month"],
        "brought": _sums(found["brought"]),
    }  # fmt: skip


def answer(run: ImportRun, given: str) -> None:
    """Keep the person's answer with what it was given to; "" leaves what was."""
    if given in ANSWERS:
        run.options["doubling"] = {"answer": given, "of": run.options.get("doubled")}
        ImportRun.objects.filter(pk=run.pk).update(options=run.options)


def note(run: ImportRun, found: dict[str, Any] | None) -> None:
    """Keep what the check has found. An answer stands only for what it was given to (one given before the check: for all)."""
    run.options["doubled"] = found
    given = run.options.get("doubling") or {}
    if given and given.get("of") not in (None, found):
        run.options.pop("doubling")


def open_question(run: ImportRun) -> dict[str, Any] | None:
    """What would be counted twice while nobody has answered; None where nothing is open."""
    found: dict[str, Any] | None = run.options.get("doubled")
    return found if found and (run.options.get("doubling") or {}).get("answer") != ADD else None


def declined(run: ImportRun) -> bool:
    """Whether there is something that would be counted twice and the answer is not to import."""
    return bool(run.options.get("doubled")) and (run.options.get("doubling") or {}).get("answer") == STOP


def refuse_unanswered(run: ImportRun, reader: Member | None) -> None:
    """Raise Refused (`doubling`) while the run would count MRR twice and nobody has said that it is to be added."""
    if found := open_question(run):
        how = _(
            "別の契約なら「別の契約なので足す」(--answer doubling=add、API は doubling: add)を選んでください。同じ契約なら取り込まないでください。まだ何も書いていません。"
        )
        raise Refused(f"{words(found, reader)}{how}", code="doubling")


def found_anew(run: ImportRun, files: Sequence[Input]) -> int:
    """How many customers other runs published since the check would make this one count twice, unanswered; 0 for none."""
    if (run.options.get("doubling") or {}).get("answer") == ADD:
        return 0
    found = doubled_of(run, files)
    return int(found["customers"]) if found else 0
