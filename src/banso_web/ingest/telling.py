"""What the recipe's preview and a published run tell beside their figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from banso.periods import Month
from banso_web.accounts.actions.merging import PERMISSION
from banso_web.accounts.reads.candidates import candidates
from banso_web.core.facts import Memo, current_watermark
from banso_web.core.ui.formats import date_text, money_text, month_text
from banso_web.ingest.models import ImportRun
from banso_web.ingest.per_row import says_month, unit_columns
from banso_web.ingest.recipe import Derivation, Source
from banso_web.ingest.shaping import column_label

if TYPE_CHECKING:
    from banso_web.members.models import Member

SHOWN = 6
MATCHES_OF = ("accounts", "contracts", "movements")  # kinds that make customers


@dataclass(frozen=True)
class Blank:
    """Customers whose cell falls to nothing in a column: they ended on the last day of the month before."""

    column: str
    day: str
    month: str
    count: int
    amount: str


def blanks_of(made: Derivation) -> tuple[list[Blank], int]:
    """The latest columns that end somebody, with how many and how much; and how many earlier ones do, too."""
    if made.kind not in ("wide", "snapshots"):
        return [], 0
    counts: Counter[Month] = Counter()
    sums: dict[Month, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in made.derived.movements:
        if row["cause"] == "churn":
            column = Month.of(row["effective_on"] + timedelta(days=1))
            counts[column] += 1
            sums[column][row["currency"]] -= row["mrr_delta"]
    found = [
        Blank(
            month_text(column.first), date_text((column - 1).last, weekday=False), month_text((column - 1).first), counts[column],
            " + ".join(money_text(amount, money) for money, amount in sorted(sums[column].items())),
        )
        for column in sorted(counts, reverse=True)
    ]  # fmt: skip
    return found[:SHOWN], max(0, len(found) - SHOWN)


def mixed_units(sources: Sequence[Source]) -> list[str]:
    """Loud words for columns that say 月額 on some rows and 年額 on others while the amounts are read as all alike."""
    told = []
    for source in sources:
        fields = source.shaping.fields
        amounts = [key for key in ("mrr", "amount") if key in fields and fields[key].source]
        if (
            source.shaping.kind != "ledger" or "amount_per" in fields or not amounts
            or any(says_month(fields[key].source) for key in amounts)
        ):  # fmt: skip
            continue
        taken = [fields[key].source for key in amounts]
        for one in unit_columns(source.table, taken):
            if one.mixed:
                told.append(_mixed(one.header, one.counts, source, amounts[0]))
    return told


def _mixed(header: str, counts: Counter[str], source: Source, key: str) -> str:
    column = source.shaping.schema.column("amount_per")
    japanese = column_label(column) == column.ja
    words = {one.key: one.ja if japanese else one.en for one in column.values}
    listed = "、".join(
        _("%(word)s %(n)s 行") % {"word": words[unit], "n": f"{n:,}"} for unit, n in counts.most_common()
    )
    read = _("契約期間の総額") if key == "amount" else _("月額")
    text = _(
        "列「%(header)s」に、期間の違う金額が混ざっています(%(counts)s)。今はどの行も「%(read)s」として読むため、MRR が大きく違います。列の対応づけで「%(header)s」を「%(column)s」に選んでください。"
    )
    return text % {"header": header, "counts": listed, "read": read, "column": column_label(column)}


_matches: Memo[int] = Memo(2)


def matches_waiting(member: Member, run: ImportRun) -> int | None:
    """How many 名寄せ candidates wait after a published import that may have made customers; None for other imports."""
    if run.entry is None or not any(row.get("kind") in MATCHES_OF for row in run.counts.values()):
        return None
    if not member.may(PERMISSION):
        return None
    return _matches.get(current_watermark(), lambda: len(candidates(member)))
