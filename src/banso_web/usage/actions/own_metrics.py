"""自社の指標: an organisation's own metrics of use are made, changed, taken out of use, and any of it is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.usage.actions import defining
from banso_web.usage.models import Feature, OwnMetric

if TYPE_CHECKING:
    from banso_web.members.models import Member

DAYS = (1, 7, 28)


def cleaned(values: Mapping[str, Any], metric_id: int | None = None) -> dict[str, Any]:
    """The values as a version keeps them; Refused with a message per field."""
    name, wrong = str(values.get("name", "")).strip(), {}
    others = OwnMetric.objects.filter(live=True).exclude(pk=metric_id or 0)
    feature, measure, days = str(values.get("feature") or ""), values.get("measure"), values.get("days")
    if not name or len(name) > 100:
        wrong["name"] = _("指標の名前を100文字までで入れてください。")
    elif others.filter(name=name).exists():
        wrong["name"] = _("同じ名前の指標があります。別の名前にしてください。")
    if feature and not Feature.objects.filter(live=True, code=feature).exists():
        wrong["feature"] = _("機能が見つかりません。一覧から選んでください。")
    if measure not in OwnMetric.Measure.values:
        wrong["measure"] = _("数えるものを選んでください。")
    elif values.get("per_seat") and measure == OwnMetric.Measure.PER_USER:
        wrong["per_seat"] = _("1人あたりの回数は、席あたりにできません。")
    if days not in DAYS:
        wrong["days"] = _("期間を1日、7日、28日から選んでください。")
    if wrong:
        raise defining.wrong(wrong)
    return {
        "name": name,
        "feature": feature,
        "measure": measure,
        "days": days,
        "per_seat": bool(values.get("per_seat")),
    }


def save_metric(
    values: Mapping[str, Any], *, actor: Member | None, metric_id: int | None = None, seen: int | None = None, reason: str = ""
) -> int:  # fmt: skip
    """Make a metric, or state it anew for all of history; gives its id. As `save_feature`."""
    return defining.save(
        defining.METRIC,
        lambda: cleaned(values, metric_id),
        actor=actor,
        row_id=metric_id,
        seen=seen,
        code="",
        reason=reason,
    )


def retire_metric(metric_id: int, *, actor: Member) -> int:
    return defining.retire(defining.METRIC, metric_id, actor=actor)


def undo_metric(metric_id: int, entry_id: int, *, actor: Member) -> None:
    defining.undo(defining.METRIC, metric_id, entry_id, actor=actor)
