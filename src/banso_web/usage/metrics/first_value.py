"""価値実感までの期間: the Kaplan–Meier median of days from the order to the first use of a core feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from banso.lifetime import KaplanMeier, kaplan_meier
from banso_web.accounts.counting import called
from banso_web.accounts.reads.choices import excluded_word
from banso_web.accounts.reads.contracts import orders
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked
from banso_web.core.metrics import Interval, MetricResult, Question, Row, Rows, Scope, catalogue
from banso_web.usage.metrics.rates import inside
from banso_web.usage.reads.beginnings import first_values
from banso_web.usage.reads.definitions import features
from banso_web.usage.words import USE_REASONS

#: Below so many customers who got there the median is 参考.
FEW_REACHED = 10


@dataclass(frozen=True)
class Way:
    """A customer's way from the order. `days` None: not counted, `reason` says why; `reached` None: not there yet."""

    account_id: int
    signed: date | None = None
    reached: date | None = None
    days: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Ways:
    """Everybody in the scope: who counts, who does not, and the curve of those who do (None: nobody)."""

    counted: tuple[Way, ...]
    left_out: tuple[Way, ...]
    curve: KaplanMeier | None
    collected: bool  # anybody's use is known at all
    defined: bool  # there is a core feature to reach


def ways(asked: Asked, scope: Scope) -> Ways:
    """The customers with contracts in a scope, as of the asked day."""
    if not any(line.core for line in features(asked)):  # nothing to reach: nobody's history is read
        return Ways((), (), None, collected=True, defined=False)
    whose, firsts = inside(asked, scope), first_values(asked)
    kept: list[Way] = []
    aside: list[Way] = []
    for key, order in orders(asked).items():
        if key not in whose:
            continue
        reached, signed = firsts.of.get(key), order.signed
        if whose[key] or signed is None or firsts.heard is None or signed < firsts.heard:
            why = f"excluded:{whose[key]}" if whose[key] else "no_order" if signed is None else "before_data"
            aside.append(Way(key, signed, reached, reason=why))
        else:
            until = reached or min(asked.as_of, order.over or asked.as_of)
            kept.append(Way(key, signed, reached, max((until - signed).days, 0)))
    kept.sort(key=lambda one: (one.days or 0, one.account_id))
    curve = (
        kaplan_meier([one.days for one in kept], [one.reached is not None for one in kept]) if kept else None
    )
    return Ways(tuple(kept), tuple(aside), curve, collected=firsts.heard is not None, defined=True)


def time_to_value(question: Question) -> MetricResult:
    """The median with its interval, or why there is none."""
    spec = catalogue[question.key]
    if question.reported:
        raise Refused(_("%(name)s は月次締めで署名する指標ではないため、報告値がありません。") % {"name": spec.name}, code="not_reported")  # fmt: skip
    found = ways(question.asked, question.scope)
    reached = [one for one in found.counted if one.reached is not None]
    not_yet = [one for one in found.counted if one.reached is None]
    curve = found.curve
    median = curve.median if curve else None
    notes = []
    if median is not None and len(reached) < FEW_REACHED:
        notes.append(_("参考(到達した顧客が10社未満)"))
    low, high = curve.median_interval if curve else (None, None)
    if median is not None and low is not None and high is None:
        notes.append(_("95%%区間は %(low)s 日以上です(上端はまだ分かりません)。") % {"low": f"{low:g}"})
    return MetricResult(
        metric=question.key,
        version=spec.version,
        as_of=question.asked.as_of,
        known_at=question.asked.known_at,
        unit=spec.unit,
        value=None if median is None else Decimal(int(median)),
        reason=None if median is not None else _why(found),
        excluded=_rows(found.left_out),
        parts={
            "reached": Decimal(len(reached)),
            "not_yet": Decimal(len(not_yet)),
            "left_out": dict(sorted(Counter(one.reason for one in found.left_out).items())),
        },
        n=len(found.counted),
        interval=None
        if median is None or low is None or high is None
        else Interval(Decimal(int(low)), Decimal(int(high)), method="kaplan_meier"),
        notes=tuple(notes),
        watermark=question.asked.watermark,
        scope=question.scope,
        part_rows={"reached": _rows(reached), "not_yet": _rows(not_yet)},
    )


def _why(found: Ways) -> str:
    if not found.defined:
        return _("算出不可(コア機能が定義されていません)")
    if not found.collected:
        return _("算出不可(利用データのある顧客がいません)")
    if not found.counted:
        return _("算出不可(受注日が分かり、その時から利用データのある顧客がいません)")
    return _("算出不可(コア機能を使うところまで来た顧客が、まだ半数に届きません)")


def _rows(listed: Iterable[Way]) -> Rows:
    ways_listed = list(listed)

    def make() -> list[Row]:
        names = called([one.account_id for one in ways_listed])
        return [
            Row(
                one.account_id, names[one.account_id].code, names[one.account_id].name,
                part=one.reason or ("reached" if one.reached else "not_yet"),
                amount=None if one.days is None else Decimal(one.days), on=None if one.reason else one.reached, reason=_words(one),
                extra={"signed_on": one.signed} if one.signed else {},
            )
            for one in ways_listed
            if one.account_id in names
        ]  # fmt: skip

    return Rows(len(ways_listed), make)


def _words(one: Way) -> str:
    if one.reason.startswith("excluded:"):
        return excluded_word(one.reason.removeprefix("excluded:"))
    if one.reason:
        return str(USE_REASONS[one.reason])
    if one.signed is None:
        return ""
    text = _("受注 %(signed)s") if one.reached else _("受注 %(signed)s、まだ到達していません")
    return text % {"signed": one.signed.isoformat()}
