"""Reported months as a chain: signed in the order of the calendar, taken back from the latest.

The rules, in one place for page, API and command:

* Months are closed in order from the first one that was ever closed: while an earlier month since then is open, a later
  one cannot be signed. A 確報 further needs the 確報 of the month before, so that what it starts from stays.
* A month is not signed anew while a later month stands as 確報, and not opened again while any later month is closed.
  To change an old month, open the later ones first, from the latest backwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from banso_web.core.ui.formats import joined, month_text
from banso_web.revenue.models import Closing
from banso_web.revenue.reads.months import next_month


@dataclass(frozen=True)
class Chain:
    """Where a month stands among the closed ones. `before`: the latest closed month ahead of it (None: nothing was
    closed), `missing`: open months between the two, `later`: closed months behind it, the earliest first."""

    month: date
    before: date | None
    before_final: bool
    missing: tuple[date, ...]
    later: tuple[date, ...]
    later_final: tuple[date, ...]

    @property
    def reported(self) -> bool:
        """Whether the month starts from a signed closing: that of the month directly before."""
        return self.before is not None and not self.missing


def chain_of(month: date) -> Chain:
    """One query. A month counts as 確報 when one of its standing closings is final."""
    month = month.replace(day=1)
    finals: dict[date, bool] = {}
    for when, kind in Closing.objects.filter(reopened_at=None).order_by("month").values_list("month", "kind"):
        finals[when] = finals.get(when, False) or kind == Closing.Kind.FINAL
    before = max((when for when in finals if when < month), default=None)
    missing, here = [], before
    while here is not None and (here := next_month(here)) < month:
        missing.append(here)
    later = tuple(when for when in finals if when > month)
    return Chain(
        month=month,
        before=before,
        before_final=before is not None and finals[before],
        missing=tuple(missing),
        later=later,
        later_final=tuple(when for when in later if finals[when]),
    )


def months_text(months: tuple[date, ...]) -> str:
    """At most twelve months by name, then how many more."""
    named = joined(month_text(month) for month in months[:12])
    return (
        named
        if len(months) <= 12
        else _("%(named)s ほか %(n)s か月") % {"named": named, "n": len(months) - 12}
    )


def order_reasons(chain: Chain, kind: str | None = None) -> list[str]:
    """Why the order of months forbids to sign this one now; `kind` "final" asks for 確報 too."""
    month, found = month_text(chain.month), []
    if chain.missing:
        text = _(
            "月は古い順に締めます。%(month)s より前の %(missing)s がまだ締まっていません(最後に締めた月: %(before)s)。先に締めてください。"
        )
        assert chain.before is not None
        found.append(
            text
            % {
                "month": month,
                "missing": months_text(chain.missing),
                "before": month_text(chain.before),
            }
        )
    elif kind == Closing.Kind.FINAL and chain.before is not None and not chain.before_final:
        text = _(
            "前の月 %(before)s が速報のままです。%(before)s を確報で締めてから、%(month)s を確報にしてください。"
        )
        found.append(text % {"before": month_text(chain.before), "month": month})
    if chain.later_final:
        text = _(
            "後の月 %(later)s が確報で締めてあり、その月初は報告済みの数字につながっています。%(month)s を締めるには、新しい月から順に締めを解除してください。"
        )
        found.append(text % {"later": months_text(chain.later_final), "month": month})
    return found


def reopen_reasons(chain: Chain) -> list[str]:
    """Why the month cannot be opened again now: a later month starts from what was signed for it."""
    if not chain.later:
        return []
    text = _(
        "%(month)s の締めは解除できません。後の月 %(later)s が、ここで署名した月末MRRから始まっています。新しい月から順に解除してください。何も変わっていません。"
    )
    return [text % {"month": month_text(chain.month), "later": months_text(chain.later)}]


__all__ = ["Chain", "chain_of", "months_text", "order_reasons", "reopen_reasons"]
