"""ヘルススコア of a company or a part of it: by MRR, and plain beside it; who has no reading is listed with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso.health import Band
from banso_web.accounts.counting import called
from banso_web.accounts.reads.choices import excluded_word
from banso_web.core.errors import Refused
from banso_web.core.metrics import (
    POINTS,
    MetricResult,
    MetricSpec,
    Question,
    Row,
    Rows,
    Side,
    exact,
    register,
)
from banso_web.health.given import given
from banso_web.health.reads import Readings, readings
from banso_web.revenue.reads.months import counted_for, mrr_of, unrated_of
from banso_web.usage.metrics.rates import inside

UNITS = Decimal(10_000)
BANDS = tuple(Band)
#: MRR × value is kept to the places that MRR itself has: readings of everybody are floats, and their last places are noise.
PLACES = 4


def health(question: Question) -> MetricResult:
    """Σ MRR × value ÷ Σ MRR over the customers with MRR and a band; the others are listed with the reason."""
    if question.reported:
        raise Refused(
            _("ヘルススコアは月次締めで署名する指標ではないため、報告値がありません。"), code="not_reported"
        )
    asked = question.asked
    found, whose = readings(asked), inside(asked, question.scope)
    counted = counted_for(asked, question.scope)
    mrr, unrated = mrr_of(asked, counted), unrated_of(asked, counted)
    rows: list[tuple[int, Decimal, Decimal]] = []
    left: list[tuple[int, str]] = [(key, excluded_word(why)) for key, why in whose.items() if why]
    plain: list[Decimal] = []
    for at, key in enumerate(found.ids.tolist()):
        if whose.get(key) != "":
            continue
        value = _value(found, at)
        if value is None or BANDS[found.band[at]] is Band.UNKNOWN:
            left.append((key, _why(found, at)))
            continue
        plain.append(value)
        if key in mrr:
            rows.append((key, value, Decimal(mrr[key]) / UNITS))
        else:
            left.append((key, _("換算レートなし") if key in unrated else _("MRRなし")))
    top = sum((_times(value, weight) for _key, value, weight in rows), Decimal(0))
    bottom = sum((weight for _key, _value, weight in rows), Decimal(0))
    return MetricResult(
        metric=question.key,
        version=SPEC.version,
        as_of=asked.as_of,
        known_at=asked.known_at,
        unit=SPEC.unit,
        value=exact(Fraction(top) / Fraction(bottom)) if bottom else None,
        reason=None if bottom else _("算出不可(ヘルスとMRRの分かる顧客がいません)"),
        numerator=Side(
            top, _rows("numerator", ((key, _times(value, weight), value) for key, value, weight in rows))
        ),
        denominator=Side(bottom, _rows("denominator", ((key, weight, value) for key, value, weight in rows))),
        excluded=_left(left),
        parts=_parts(found, whose, rows, plain, left),
        n=len(rows),
        watermark=asked.watermark,
        scope=question.scope,
    )


def _why(found: Readings, at: int) -> str:
    """Why an account does not count: little that is known of it must not stand for all of it."""
    if found.card[at] < 0:
        return _("当てはまるスコアカードがありません")
    if np.isnan(found.value[at]):
        return _("分かっているシグナルがありません")
    return _("不明(分かっている重みが足りないか、送信元が止まっています)")


def _value(found: Readings, at: int) -> Decimal | None:
    value = float(found.value[at])
    return None if np.isnan(value) else Decimal(repr(value))


def _times(value: Decimal, weight: Decimal) -> Decimal:
    return round(value * weight, PLACES)


def _parts(
    found: Readings,
    whose: dict[int, str],
    rows: list[tuple[int, Decimal, Decimal]],
    plain: list[Decimal],
    left: list[tuple[int, str]],
) -> dict[str, Any]:
    """The plain mean, the lower end by MRR, and customers and MRR by band."""
    place = {key: at for at, key in enumerate(found.ids.tolist())}
    bands = Counter(
        BANDS[found.band[place[key]]] for key in place if whose.get(key) == "" and found.band[place[key]] >= 0
    )
    money: dict[str, Decimal] = dict.fromkeys(map(str, BANDS), Decimal(0))
    low = Decimal(0)
    for key, _value, weight in rows:
        at = place[key]
        money[str(BANDS[found.band[at]])] += weight
        low += _times(Decimal(repr(float(found.low[at]))), weight)
    whole = sum(money.values(), Decimal(0))
    return {
        "mean": exact(Fraction(sum(plain, Decimal(0))) / len(plain)) if plain else None,
        "low": exact(Fraction(low) / Fraction(whole)) if whole else None,
        "customers": len(plain),
        "bands": {str(band): bands.get(band, 0) for band in BANDS},
        "mrr_by_band": money,
        "left_out": dict(sorted(Counter(why for _key, why in left).items())),
    }


def _rows(part: str, listed: Iterable[tuple[int, Decimal, Decimal]]) -> Rows:
    found = list(listed)

    def make() -> list[Row]:
        names = called([key for key, _amount, _value in found])
        made = [
            (
                (one.sort_key, one.code),
                Row(key, one.code, one.name, part, amount, extra={"value": round(value, 9)}),
            )
            for key, amount, value in found
            if (one := names.get(key)) is not None
        ]
        return [row for _key, row in sorted(made, key=lambda pair: pair[0])]

    return Rows(len(found), make)


def _left(listed: list[tuple[int, str]]) -> Rows:
    def make() -> list[Row]:
        names = called([key for key, _why in listed])
        made = [
            ((why, one.sort_key, one.code), Row(key, one.code, one.name, "excluded", reason=why))
            for key, why in listed
            if (one := names.get(key)) is not None
        ]
        return [row for _key, row in sorted(made, key=lambda pair: pair[0])]

    return Rows(len(listed), make)


SPEC = MetricSpec(
    "health", _l("ヘルススコア"), POINTS, "1", _l("Σ 重み × 点 ÷ Σ 分かっている重み。会社全体ではMRRで加重した平均"), health,
    rules=(
        _l("各シグナルの点と重みはスコアカードの版が決めます。標準は利用40、満足20、関係15、サポート15、契約/支払10です。"),
        _l("分からないシグナルは0にせず、理由とともに外し、分かっている重みの割合を信頼度として示します。"),
        _l("区分は区間の下限で決まります。良好は70以上、注意は40以上で、境界の値は上の区分に入ります。信頼度が50%未満なら不明です。"),
        _l("会社全体の値には、不明の顧客とMRRのない顧客を数えず、理由とともに示します。単純平均も内訳に示します。"),
    ),
    permission="account.view", group="health", given=given,
)  # fmt: skip


def register_all() -> None:
    register(SPEC)
