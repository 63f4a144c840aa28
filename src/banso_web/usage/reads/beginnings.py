"""When customers began: the first day of use, and the first of a core feature (the first value)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from banso.usage import named
from banso_web.accounts.counting import ids_by_code, merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, Memo, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.adoption import events
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.definitions import FeatureLine, features
from banso_web.usage.reads.identity import seen_version
from banso_web.warehouse.reads import newest_change

FIRSTS = USED + "SELECT feature, min(local_day) FROM used GROUP BY feature"
FIRSTS_OF_ALL = USED + "SELECT account, feature, min(local_day) FROM used GROUP BY account, feature"
EVER = date(1990, 1, 1)


@dataclass(frozen=True)
class Beginnings:
    """Over all of history. A property of a rule does not matter here: the first event of the name does."""

    use: date | None
    value: date | None


def beginnings(asked: Asked, account_id: int, features: Sequence[FeatureLine]) -> Beginnings:
    """Events and files together: whichever came first."""
    rows = counted(UsageDaily, asked.watermark, asked.known_at)
    mine = rows.filter(account_id__in=accounts_of(asked, account_id), day__lte=asked.as_of, users__gt=0)
    found = dict(mine.order_by().values_list("feature").annotate(Min("day")))
    merged = merges(asked.watermark, asked.known_at)
    for name, first in events.read(FIRSTS, asked, merged, [account_id], EVER):
        found[name] = min(first, found.get(name, first))
    core = {one.event for one in named([line.definition for line in features if line.core], found)}
    return Beginnings(min(found.values(), default=None), min((found[name] for name in core), default=None))


@dataclass(frozen=True)
class FirstValues:
    """Over all of history, of everybody. `heard`: the first day on which anybody's use is known; `of`: {customer: first value}."""

    heard: date | None
    of: Mapping[int, date]


_values: Memo[FirstValues] = Memo(2)


def first_values(asked: Asked) -> FirstValues:
    """The first use of a core feature by each customer, as `beginnings` has it for one. Kept while no fact and no event comes."""
    return _values.get((asked.key, newest_change(), seen_version()), lambda: _first_values(asked))


def _first_values(asked: Asked) -> FirstValues:
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(day__lte=asked.as_of, users__gt=0)
    filed = rows.order_by().values_list("account_id", "feature").annotate(Min("day"))
    told = [(merged.get(key, key), name, day) for key, name, day in filed.iterator(chunk_size=20_000)]
    sent = events.read(FIRSTS_OF_ALL, asked, merged, None, EVER)
    known = ids_by_code({code for code, _name, _day in sent})
    told += [(known[code], name, day) for code, name, day in sent if code in known]
    definitions = [line.definition for line in features(asked) if line.core]
    core = {one.event for one in named(definitions, {name for _key, name, _day in told})}
    found: dict[int, date] = {}
    for key, name, day in told:
        if name in core:
            found[key] = min(day, found.get(key, day))
    return FirstValues(min((day for *_whose, day in told), default=None), found)
