"""CSAT, NPS and CES of the company or a part of it: each contact's latest answer in the 90 days that end with the asked day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso.survey import Score, ces, csat, csat_top2, latest, nps
from banso_web.accounts.reads.choices import excluded_word
from banso_web.accounts.rows import customer_rows
from banso_web.core.errors import Refused
from banso_web.core.metrics import (
    NUMBER,
    RATIO,
    Interval,
    MetricResult,
    MetricSpec,
    Question,
    Side,
    catalogue,
    exact,
    register,
)
from banso_web.surveys.reads import answers, requests_since
from banso_web.usage.metrics.rates import inside

DAYS = 90
FEW = 5


@dataclass(frozen=True)
class Scale:
    """How an instrument's answers become a figure: what each adds to the numerator (a function of hundredths), and what the quotient is
    multiplied with."""

    instrument: str
    score: Callable[[list[Decimal]], Score]
    adds: Callable[[Any], Any]
    times: int = 1


SCALES = {
    "csat": Scale("csat", csat, lambda score: score),
    "csat_top2": Scale("csat", csat_top2, lambda score: 100 * (score >= 400)),
    "nps": Scale("nps", nps, lambda score: 100 * ((score >= 900).astype(np.int64) - (score <= 600)), 100),
    "ces": Scale("ces", ces, lambda score: 100 * (score >= 500)),
}


def satisfaction(question: Question) -> MetricResult:
    """One figure with its n, its interval, and the response rate of the same days. Customers with an 除外区分 are listed apart."""
    if question.reported:
        raise Refused(_("%(name)s は月次締めで署名する指標ではないため、報告値がありません。") % {"name": catalogue[question.key].name}, code="not_reported")  # fmt: skip
    scale, asked = SCALES[question.key], question.asked
    found = latest(answers(asked, scale.instrument), asked.as_of, DAYS - 1)
    whose = inside(asked, question.scope)
    counts = np.array([whose.get(key, "-") == "" for key in found.account.tolist()], bool)
    account, score = found.account[counts], found.score[counts]
    keys, place = np.unique(account, return_inverse=True)
    adds = np.bincount(place, weights=scale.adds(score), minlength=len(keys)).astype(np.int64).tolist()
    numbers = np.bincount(place, minlength=len(keys)).tolist()
    tops = {key: Decimal(add) / 100 for key, add in zip(keys.tolist(), adds, strict=True)}
    bottoms = {key: Decimal(number) for key, number in zip(keys.tolist(), numbers, strict=True)}
    told = scale.score([Decimal(one) / 100 for one in score.tolist()])
    sent = [both for key, both in requests_since(asked, scale.instrument, asked.as_of - timedelta(days=DAYS - 1)).items() if whose.get(key, "-") == ""]  # fmt: skip
    asked_for, answered = sum(one[0] for one in sent), sum(one[1] for one in sent)
    left_out = {key: None for key in np.unique(found.account[~counts]).tolist() if whose.get(key)}
    spec = catalogue[question.key]
    low_high = None
    if told.interval is not None:
        low_high = Interval(
            Decimal(str(told.interval[0])), Decimal(str(told.interval[1])), method=told.method
        )
    return MetricResult(
        metric=question.key,
        version=spec.version,
        as_of=asked.as_of,
        known_at=asked.known_at,
        unit=spec.unit,
        value=None if told.value is None else exact(told.value),
        reason=None if told.n else _("算出不可(90日以内の回答がありません)"),
        numerator=Side(sum(tops.values(), Decimal(0)), customer_rows(tops, "numerator")),
        denominator=Side(Decimal(told.n), customer_rows(bottoms, "denominator")),
        excluded=customer_rows(left_out, "excluded", lambda key: excluded_word(whose[key])),
        parts={
            "answers": told.n,
            "accounts": len(keys),
            "sent": asked_for,
            "answered": answered,
            "response_rate": exact(Decimal(answered) / asked_for) if asked_for else None,
            "times": scale.times,
        },
        n=told.n,
        interval=low_high,
        notes=_notes(told.n, asked_for, answered),
        watermark=asked.watermark,
        scope=question.scope,
    )


def _notes(n: int, sent: int, answered: int) -> tuple[str, ...]:
    rate = (
        _("回答率 %(rate)s %%(依頼 %(sent)s 件のうち %(answered)s 件)")
        % {"rate": f"{Decimal(100 * answered) / sent:.1f}", "sent": sent, "answered": answered}
        if sent
        else _("回答率は算出不可(90日以内の依頼がありません)")
    )
    return (rate, _("回答が少ないため参考です。")) if 0 < n < FEW else (rate,)


_RULES = (
    _l("基準日までの90日の回答のうち、先方担当者1人につき最も新しい1件だけを数えます。だれの回答か分からないものは、1件を1人とします。"),
    _l("回答率は、同じ90日に送った依頼のうち、基準日までに回答のあった割合です。"),
    _l("回答がないことを0点や満足とはみなしません。除外区分のある顧客は数えず、理由とともに示します。"),
)  # fmt: skip
SPECS = (
    MetricSpec(
        "csat", _l("満足度(CSAT)"), NUMBER, "1", _l("回答の点数の合計 ÷ 回答数(5段階の平均)"), satisfaction, permission="account.view",
        group="surveys", rules=(*_RULES, _l("区間はスチューデントのt分布による95%区間です。回答が1件か、すべて同じ点のときは出せません。")),
    ),
    MetricSpec(
        "csat_top2", _l("満足度(上位2段階の割合)"), RATIO, "1", _l("4点か5点の回答 ÷ 回答数"), satisfaction, permission="account.view",
        group="surveys", rules=_RULES,
    ),
    MetricSpec(
        "nps", _l("推奨度(NPS)"), NUMBER, "1", _l("(9点と10点の回答 − 0点から6点の回答) ÷ 回答数 × 100"), satisfaction,
        permission="account.view", group="surveys",
        rules=(
            *_RULES,
            _l("日本の回答は5点に集まり、低めに出ます。海外の値とではなく、自社の過去と比べてください。"),
            _l("区間は調整ワルド法の95%区間です。"),
        ),
    ),
    MetricSpec(
        "ces", _l("手間の少なさ(CES)"), RATIO, "1", _l("5点以上の回答 ÷ 回答数(7段階)"), satisfaction, permission="account.view",
        group="surveys", rules=_RULES,
    ),
)  # fmt: skip


def register_all() -> None:
    for spec in SPECS:
        register(spec)
