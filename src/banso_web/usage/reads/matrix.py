"""部署×機能 of one customer: who uses what, from its events or from its files of daily use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from banso.usage import Feature, Named, named
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.adoption import events
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.definitions import FeatureLine
from banso_web.usage.reads.series import EVENTS

DAYS = 28
#: Features that stand in a table; the rest is told as a number.
MOST = 24
NAMES = (
    USED
    + "SELECT feature, count(DISTINCT person), max(local_day) FROM used WHERE feature <> '' GROUP BY feature"
)
CELLS = (
    USED
    + """, named AS (SELECT unnest($22::VARCHAR[]) AS event, unnest($23::VARCHAR[]) AS code, unnest($24::VARCHAR[]) AS property,
    unnest($25::VARCHAR[]) AS wanted)
  SELECT department, code, count(DISTINCT person) FROM used JOIN named ON named.event = used.feature
  WHERE named.property = '' OR json_extract_string(properties, named.property) = named.wanted GROUP BY department, code"""
)


@dataclass(frozen=True)
class Matrix:
    """`table`: (department, users of each of `features`); None: no record of the pair, which is not a zero. `newest`: the last day
    with a row. Users are distinct people of the days (`form` events), or the mean of the days with rows (daily)."""

    form: str
    newest: date
    features: Sequence[str]
    table: Sequence[tuple[str, Sequence[Fraction | None]]]
    more: int = 0


def matrix(account_id: int, asked: Asked, form: str, features: Sequence[FeatureLine]) -> Matrix | None:
    """The last 28 days, by the features that are defined, else by the names that were sent. None where nothing was ever collected."""
    names = {line.code: line.name for line in features}
    definitions = [line.definition for line in features]
    read = _of_events if form == EVENTS else _of_files
    found = read(account_id, asked, definitions)
    if found is None:
        return None
    newest, cells = found
    weight: dict[str, Fraction] = defaultdict(Fraction)
    for (_department, code), users in cells.items():
        weight[code] += users
    shown = sorted(
        sorted(weight, key=lambda code: (-weight[code], code))[:MOST], key=lambda code: names.get(code, code)
    )
    departments = sorted({department for department, _code in cells})
    table = [(department, [cells.get((department, code)) for code in shown]) for department in departments]
    return Matrix(form, newest, [names.get(code, code) for code in shown], table, len(weight) - len(shown))


Cells = Mapping[tuple[str, str], Fraction]


def _of_events(account_id: int, asked: Asked, features: Sequence[Feature]) -> tuple[date, Cells] | None:
    merged, first = merges(asked.watermark, asked.known_at), asked.as_of - timedelta(days=DAYS - 1)
    sent = events.read(NAMES, asked, merged, [account_id], first)
    if not sent:
        return None
    pairs = named(features, [name for name, _users, _last in sent]) or tuple(
        Named(name, name) for name, _users, _last in sent
    )
    columns = [[getattr(pair, name) for pair in pairs] for name in ("event", "key", "path", "value")]
    cells = events.read(CELLS, asked, merged, [account_id], first, *columns)
    newest = max(last for _name, _users, last in sent)
    return newest, {(department or "—", code): Fraction(users) for department, code, users in cells}


def _of_files(account_id: int, asked: Asked, features: Sequence[Feature]) -> tuple[date, Cells] | None:
    rows = counted(UsageDaily, asked.watermark, asked.known_at)
    rows = rows.filter(account_id__in=accounts_of(asked, account_id), day__lte=asked.as_of)
    newest = rows.order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        return None
    told: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    recent = rows.filter(day__gt=asked.as_of - timedelta(days=DAYS))
    for day, department, product, name, users in recent.values_list(
        "day", "department", "product", "feature", "users"
    ):
        beside = {"department": department, "product": product}
        codes = [one.key for one in features if one.counts(name, beside)] if features else [name]
        for code in codes:
            told[department or "—", code][day] += users
    return newest, {pair: Fraction(sum(by_day.values()), len(by_day)) for pair, by_day in told.items()}
