"""What was known of each account on each day, and in which period after it the event came.

A panel is cut into periods of 30 days after each snapshot ("leads"). Only whole periods that are over count, so nothing that is
known late is ever read early: what a model may learn is a function of the panel and of one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from banso.health.backtesting.past import (
    Bools,
    Floats,
    Ints,
    account_codes,
    first_after,
    has_left,
    numbers,
    read_events,
)
from banso.revenue._read import columns_of, days_array

STEP = 30
BY_ROW = ("account", "day", "x", "renews_on", "event_on", "churn_on")


@dataclass(frozen=True)
class Panel:
    """Rows in the order of the table. x: rows × features, NaN where not known. score: a scorecard's value, None where none is given.

    event_on, churn_on: ordinal of the account's first such event after the row's day, 0 where none is known.
    renews_on: ordinal of the renewal that was known on the day, 0 where none is.
    """

    account: Ints
    accounts: tuple[str, ...]
    day: Ints
    x: Floats
    features: tuple[str, ...]
    score: Floats | None
    renews_on: Ints
    event_on: Ints
    churn_on: Ints

    def rows(self, chosen: Bools) -> Panel:
        by_row = {name: getattr(self, name)[chosen] for name in BY_ROW}
        return replace(self, score=None if self.score is None else self.score[chosen], **by_row)

    def bare(self) -> Panel:
        """The same rows with nothing known of them."""
        return replace(self, x=self.x[:, :0], features=(), score=None, renews_on=np.zeros_like(self.day))

    def scored(self) -> Panel:
        """The same rows with the scorecard's value as the only feature."""
        assert self.score is not None
        return replace(self.bare(), x=self.score[:, None], features=("score",))

    def renewing(self, leads: int) -> Floats:
        """Rows × leads: 1 in the period in which the renewal falls."""
        away = _lead(self.renews_on, self.day)
        falls: Bools = away[:, None] == np.arange(1, leads + 1)
        return falls.astype(np.float64)

    def seen(self, leads: int, until: int) -> tuple[Bools, Bools]:
        """(at risk and over by `until`, the event came in it), rows × leads. After the event, or after leaving, nobody is at risk."""
        lead = np.arange(1, leads + 1)
        over = self.day[:, None] + STEP * lead <= until
        event, gone = _lead(self.event_on, self.day)[:, None], _lead(self.churn_on, self.day)[:, None]
        came = lead == event
        at_risk = over & ((event == 0) | (lead <= event)) & ((gone == 0) | (lead < gone) | came)
        return at_risk, at_risk & came

    def accounts_with_event(self, until: int) -> int:
        return len(np.unique(self.account[(self.event_on > 0) & (self.event_on <= until)]))


def _lead(on: Ints, day: Ints) -> Ints:
    """Number of the period after `day` that holds `on`; 0 where there is none."""
    return np.where(on > day, -(-(on - day) // STEP), 0)


def read_panel(
    panel: Any,
    outcomes: Any,
    kind: str,
    features: Sequence[str],
    score: str | None,
) -> Panel:
    """Columns account (or account_id), as_of, the features, optionally `score` and renews_on. Rows of accounts that had left are dropped."""
    wanted = ["account", "account_id", "as_of", "renews_on", *features, *([score] if score else [])]
    table, size = columns_of(panel, wanted)
    if "account" not in table:
        table["account"] = table.get("account_id")
    lacking = [
        name
        for name in ("account", "as_of", *features, *([score] if score else []))
        if table.get(name) is None
    ]
    if lacking:
        raise ValueError(f"the panel lacks the columns {', '.join(lacking)}")
    account, accounts = account_codes(table["account"])
    day = days_array(table["as_of"], "as_of").astype(np.int64)
    events = read_events(outcomes, accounts, kind)
    stays = ~has_left(account, day, events)
    x = (
        np.column_stack([numbers(table[name], name) for name in features])
        if features
        else np.zeros((size, 0))
    )
    renews = days_array(table["renews_on"], "renews_on", empty=0) if "renews_on" in table else np.zeros(size)
    return Panel(
        account=account[stays],
        accounts=accounts,
        day=day[stays],
        x=x[stays],
        features=tuple(features),
        score=numbers(table[score], score)[stays] if score else None,
        renews_on=renews.astype(np.int64)[stays],
        event_on=first_after(account[stays], day[stays], events[kind]),
        churn_on=first_after(account[stays], day[stays], events["churn"]),
    )
