"""アクティブ率 and 利用の広がり of a company or a part of it: the customers who count, those who do not and why, and their sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from banso_web.accounts.counting import called
from banso_web.accounts.reads.choices import excluded_word
from banso_web.accounts.reads.counted import standing_accounts
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked
from banso_web.core.metrics import MetricResult, Question, Row, Rows, Scope, Side, catalogue, exact
from banso_web.members.reads import team_of
from banso_web.revenue.reads.customers import account_states
from banso_web.usage.reads.adoption import AccountUse, adoption
from banso_web.usage.words import FORMS, USE_REASONS

#: Below so many seats (or core features) a rate is 参考.
FEW_SEATS = 5
PLACES = Decimal("1e-12")


@dataclass(frozen=True)
class Share:
    """A customer's part of a rate: top ÷ bottom, or why it has none. `extra` stands beside its row."""

    account_id: int
    top: Decimal | None = None
    bottom: int = 0
    reason: str = ""
    extra: Mapping[str, Any] | None = None


def rate_share(use: AccountUse) -> Share:
    """Active users of the month over seats."""
    rate = use.rate
    extra = {
        "form": use.form,
        "last_seen": use.last,
        "seats_from": use.seats_from,
        "silent_days": len(use.silent),
    }
    if rate is None or rate.value is None:
        return Share(use.account_id, reason=use.rate_reason, extra=extra)
    top = (
        exact(rate.active).quantize(PLACES) if rate.active.denominator > 1 else Decimal(rate.active.numerator)
    )
    return Share(use.account_id, top, rate.seats or 0, extra={**extra, "over_seats": rate.over_seats})


def breadth_share(use: AccountUse) -> Share:
    """Core features used over those of the plan."""
    found = use.breadth
    extra = {"last_seen": use.last, "silent_days": len(use.silent)}
    if found is None or found.value is None:
        return Share(use.account_id, reason=use.breadth_reason, extra=extra)
    whole = len(found.used) + len(found.unused)
    return Share(
        use.account_id, Decimal(len(found.used)), whole, extra={**extra, "used": list(found.used), "unused": list(found.unused)}
    )  # fmt: skip


SHARES: dict[str, Callable[[AccountUse], Share]] = {
    "active_rate": rate_share,
    "adoption_breadth": breadth_share,
}


def inside(asked: Asked, scope: Scope) -> dict[int, str]:
    """{customer: 除外区分 ("" counts)} of everybody in the scope on the asked day."""
    states, day = account_states(asked), asked.as_of.toordinal()
    team = team_of(scope.team) if scope.team is not None else set()
    found = {}
    for key in standing_accounts():
        segment, owner, touch = (states[name].at(key, day) for name in ("segment", "owner_id", "touch"))
        if (
            (scope.segment is None or (segment or "") == scope.segment)
            and (scope.owner is None or owner == scope.owner)
            and (scope.team is None or owner in team)
            and (scope.touch is None or scope.touch in (touch or "").split(";"))
        ):
            found[key] = states["excluded"].at(key, day) or ""
    return found


def _rows(shares: Iterable[Share], amount: Callable[[Share], Decimal | None], part: str) -> Rows:
    listed = list(shares)

    def make() -> list[Row]:
        names = called([one.account_id for one in listed])
        made = [
            _row(one, names[one.account_id], amount(one), part) for one in listed if one.account_id in names
        ]
        return [row for _key, row in sorted(made, key=lambda pair: pair[0])]

    return Rows(len(listed), make)


def _row(share: Share, name: Any, amount: Decimal | None, part: str) -> tuple[tuple[str, str], Row]:
    extra = {key: value for key, value in (share.extra or {}).items() if value not in (None, "")}
    reason = str(USE_REASONS.get(share.reason, "")) if share.reason else ""
    if share.reason.startswith("excluded:"):
        reason = excluded_word(share.reason.removeprefix("excluded:"))
    elif extra.get("over_seats"):
        reason = _("席数を超える利用")
    elif extra.get("silent_days") and not share.reason:
        reason = _("欠測の %(n)s 日を除き、その分さかのぼって数えています") % {"n": extra["silent_days"]}
    elif part == "numerator" and extra.get("form") == "daily":
        reason = str(FORMS["daily"])
    row = Row(
        share.account_id, name.code, name.name, share.reason or part, amount, reason=reason, extra=extra
    )
    return (name.sort_key, name.code), row


def rate(question: Question) -> MetricResult:
    """Σ tops ÷ Σ bottoms over the customers whose numbers are known; the others are listed with the reason."""
    if question.reported:
        raise Refused(_("%(name)s は月次締めで署名する指標ではないため、報告値がありません。") % {"name": catalogue[question.key].name}, code="not_reported")  # fmt: skip
    found = adoption(question.asked)
    share_of, whose = SHARES[question.key], inside(question.asked, question.scope)
    counts: list[Share] = []
    left_out: list[Share] = []
    for key, use in found.rows.items():
        if key not in whose:
            continue
        share = share_of(use)
        if whose[key]:
            share = Share(key, reason=f"excluded:{whose[key]}", extra=share.extra)
        (left_out if share.top is None else counts).append(share)
    top = sum((one.top for one in counts if one.top is not None), Decimal(0))
    bottom = sum(one.bottom for one in counts)
    spec = catalogue[question.key]
    return MetricResult(
        metric=question.key,
        version=spec.version,
        as_of=question.asked.as_of,
        known_at=question.asked.known_at,
        unit=spec.unit,
        value=exact(Fraction(top) / bottom) if bottom else None,
        reason=None if bottom else _no_number(left_out),
        numerator=Side(top, _rows(counts, lambda one: one.top, "numerator")),
        denominator=Side(Decimal(bottom), _rows(counts, lambda one: Decimal(one.bottom), "denominator")),
        excluded=_rows(left_out, lambda one: None, "excluded"),
        parts={
            "accounts": len(counts),
            "days": 30,
            "silent_days": {source: len(days) for source, days in found.silent.items()},
            "left_out": dict(sorted(Counter(one.reason for one in left_out).items())),
        },
        n=len(counts),
        notes=_notes(found.silent),
        watermark=question.asked.watermark,
        scope=question.scope,
    )


def _no_number(left_out: Iterable[Share]) -> str:
    """算出不可 with the reason most customers have."""
    counted = Counter(one.reason for one in left_out if one.reason in USE_REASONS)
    if not counted:
        return _("算出不可(利用データのある顧客がいません)")
    reason, number = counted.most_common(1)[0]
    return _("算出不可(%(reason)s: %(n)s 社)") % {"reason": USE_REASONS[reason], "n": number}


def _notes(silent: Mapping[str, Any]) -> tuple[str, ...]:
    days = max((len(each) for each in silent.values()), default=0)
    return (_("データ欠測が %(n)s 日あります。その日を除き、その分さかのぼって数えています。") % {"n": days},) if days else ()  # fmt: skip
