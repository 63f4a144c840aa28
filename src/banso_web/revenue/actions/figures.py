"""Account figures of today: MRR as the metrics count it, and the next renewal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from banso_web.accounts import counting
from banso_web.accounts.actions.figures import Figures, set_figures
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.revenue.actions.values import mark_stale
from banso_web.revenue.models import Movement, Rate
from banso_web.revenue.reads.customers import count_some, counted_movements, rules_at, rules_mark
from banso_web.revenue.reads.months import mrr_of, unrated_of
from banso_web.revenue.reads.rated import held_in, held_of, held_text
from banso_web.revenue.reads.renewals import contact_mark

MANY = 5_000  # from here on one pass over the whole book is cheaper


def refresh_figures(account_ids: Collection[int] | None = None) -> int:
    """Bring the figures of these customers (None: all) up to today; gives how many rows changed. Safe to run twice.

    An account with an 除外区分 counts nowhere and has MRR 0 here too, so that a list's total is the KPI. A merged
    account's MRR stands with the account that was kept.
    """
    if account_ids is not None and not account_ids:
        return 0
    today, changed = clock.today(), 0
    while True:
        asked = Asked(as_of=today, today=today, watermark=current_watermark())
        changed += _refresh(asked, account_ids)
        # Whoever published meanwhile may have written newer figures first: those just written are then the old ones.
        if rules_mark(asked) == rules_mark(replace(asked, watermark=current_watermark())):
            return changed


def _refresh(asked: Asked, account_ids: Collection[int] | None) -> int:
    today = asked.as_of
    everybody = account_ids is None or len(account_ids) > MANY or rules_at(asked).counted_by != "account"
    if everybody:
        counted = counted_movements(asked)
        ids = counting.every_account()
        ends = counting.next_ends(None, today)
        merged = counting.families(ids)
    else:
        assert account_ids is not None
        merged = counting.families(account_ids)
        ids = sorted({*account_ids, *merged})
        counted = count_some(asked, ids)
        ends = counting.next_ends(ids, today)
    held = mrr_of(asked, counted)
    own = held_of(counted, unrated, today) if (unrated := unrated_of(asked, counted)) else {}
    renewals: dict[int, date] = {}
    for key, end in ends.items():
        root = merged.get(key, key)
        renewals[root] = min(end, renewals.get(root, end))
    figures = {
        key: Figures(held.get(key, 0), renewals.get(key), held_text(held_in(own.get(key, {})))) for key in ids
    }
    return set_figures(figures, on=today)


def after_publish(entry_id: int) -> None:
    """The hook after every import and undo: the figures of whom the entry touched, its stale days, today's values again."""
    from banso_web.revenue.jobs import fill_company

    moved = Movement.objects.filter(entry=entry_id).order_by().values_list("account_id", flat=True).distinct()
    touched = set(moved) | counting.touched_by(entry_id)
    has_rates = Rate.objects.filter(entry=entry_id).exists()
    if touched or has_rates:
        refresh_figures(None if has_rates else touched)
        mark_stale(entry_id)
    if touched or has_rates or contact_mark(current_watermark()) == current_watermark():
        fill_company.enqueue()


def after_project(subject: str, ids: Sequence[int]) -> None:
    """The hook after an edit of customers or contracts: their figures follow at once."""
    if subject == "account":
        refresh_figures(ids)
    elif subject == "contract":
        refresh_figures(counting.accounts_of(ids))
