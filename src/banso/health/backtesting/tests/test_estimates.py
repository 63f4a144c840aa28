"""Areas, shares and their intervals: by hand, against another way of computing them, and when one account has many rows."""

from __future__ import annotations

import numpy as np
import pytest

from banso.health.backtesting import estimates
from banso.health.backtesting.past import Bools, Floats
from banso.revenue import wilson


def made(seed: int, n: int = 120) -> tuple[Floats, Bools]:
    random = np.random.default_rng(seed)
    event = np.arange(n) % 3 == 0
    return np.round(random.normal(size=n) + event, 1), event  # rounded: ties


def test_placements_by_hand() -> None:
    """Events at 3 and 2, others at 1 and 2: of four pairs three are right and one is a tie."""
    placed = estimates.placements(np.array([3.0, 2.0, 1.0, 2.0]), np.array([True, True, False, False]))
    assert placed.tolist() == [1.0, 0.75, 1.0, 0.75]


def test_the_variance_of_one_row_an_account_is_delongs() -> None:
    risk, event = made(1)
    pairs = np.array([[(a > b) + (a == b) / 2 for b in risk[~event]] for a in risk[event]])
    delong = pairs.mean(axis=1).var(ddof=1) / event.sum() + pairs.mean(axis=0).var(ddof=1) / (~event).sum()
    placed = estimates.placements(risk, event)
    area = float(placed[event].mean())
    assert area == pytest.approx(pairs.mean())
    found = estimates.clustered_variance(placed, area, event, np.arange(len(risk)))
    assert found == pytest.approx(delong)


def test_the_same_rows_twice_tell_nothing_new() -> None:
    """Rows of one account are not independent: doubled they give the interval of the rows alone, for areas, shares and means."""
    risk, event = made(2)
    account = np.arange(len(risk))
    once = estimates.auc(risk, event, account)
    twice = estimates.auc(np.tile(risk, 2), np.tile(event, 2), np.tile(account, 2))
    assert (twice.value, twice.accounts) == (once.value, once.accounts)
    assert [twice.low, twice.high] == pytest.approx([once.low, once.high], abs=2e-4)
    share = estimates.share(event, account)
    assert (share.low, share.high) == pytest.approx(wilson(40, 120), abs=1e-3)
    doubled = estimates.share(np.tile(event, 2), np.tile(account, 2))
    assert [doubled.low, doubled.high] == pytest.approx([share.low, share.high])
    error, more = (
        estimates.mean(risk, event, account),
        estimates.mean(np.tile(risk, 2), np.tile(event, 2), np.tile(account, 2)),
    )
    assert [more.low, more.high] == pytest.approx([error.low, error.high])


def test_a_score_beside_itself_is_not_ahead_and_beside_its_opposite_by_twice_its_lead() -> None:
    risk, event = made(3)
    account = np.arange(len(risk))
    same = estimates.auc_difference(risk, risk, event, account)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    area = estimates.auc(risk, event, account).value
    assert area is not None
    against = estimates.auc_difference(risk, -risk, event, account)
    assert against.value == pytest.approx(2 * area - 1)


def test_a_share_without_a_hit_counts_accounts_and_not_rows() -> None:
    none = estimates.share(np.zeros(60, dtype=bool), np.repeat(np.arange(5), 12))
    assert (none.value, none.low, none.high) == (0.0, *wilson(0, 5))  # type: ignore[misc]
    assert estimates.share(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)).reason == "nobody"


def test_few_accounts_give_a_reason_and_no_number() -> None:
    """Nine accounts with the event, whatever their rows; ten are enough. A perfect score keeps an honest interval."""
    account = np.concatenate((np.repeat(np.arange(9), 10), np.arange(100, 150)))
    event = account < 9
    risk = event.astype(float)
    few = estimates.auc(risk, event, account)
    assert (few.value, few.reason, few.n, few.events) == (None, "few_events", 140, 90)
    assert estimates.auc(risk, ~event, account).reason == "few_without_event"
    account[0] = 99  # the tenth
    event = account < 100
    perfect = estimates.auc(event.astype(float), event, account)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert perfect.low == pytest.approx(wilson(10, 10)[0])  # type: ignore[index]
