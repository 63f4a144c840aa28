"""Bands of many customers, for lists and sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from banso_web.accounts.reads.counted import counted_accounts
from banso_web.core.facts import Asked
from banso_web.health.models import HealthDay
from banso_web.health.reads.asking import kept_day, readings

#: So many customers of a day that is not kept are computed while the reader waits.
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list shows of a customer's reading; band and held are places in `banso.health.Band`."""

    band: int
    value: float | None
    low: float | None
    held: int | None
    frozen: bool


def bands_on(asked: Asked) -> Mapping[int, Shown] | None:
    """{customer: its reading} on the asked day. None (未計算) where the day is not kept and there are too many to wait for, or where
    health was never computed here."""
    if kept_day(asked) is None and (len(counted_accounts()) > AT_ONCE or not HealthDay.objects.exists()):
        return None
    found = readings(asked)
    columns = (found.ids, found.band, found.value, found.low, found.held, found.frozen)
    return {
        account: Shown(
            band,
            None if np.isnan(value) else value,
            None if np.isnan(low) else low,
            None if held < 0 else held,
            bool(frozen),
        )
        for account, band, value, low, held, frozen in zip(
            *(column.tolist() for column in columns), strict=True
        )
        if band >= 0
    }
