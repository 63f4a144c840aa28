"""Setting a target: a new version with its day of effect, owner and audit row. Nothing is overwritten."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import new_entry
from banso_web.core.metrics import RATIO, catalogue
from banso_web.core.models import Known
from banso_web.reports.board import TARGETED
from banso_web.reports.models import Target

if TYPE_CHECKING:
    from banso_web.members.models import Member

LIMIT = Decimal(10) ** 13


def require(member: Member) -> None:
    """403 without kpi.edit."""
    if not member.may("kpi.edit"):
        raise Forbidden(_("目標と改善策を編集する権限がありません。データは変わっていません。"))


def set_target(
    member: Member,
    metric: str,
    *,
    op: str,
    value: Decimal,
    owner: str = "",
    effective_on: date | None = None,
    scope: str = "",
    reason: str = "",
) -> Target:
    """A version of the monthly target of a metric; ratios are shares (0.05 is 5 %).

    The same day of effect is corrected by a newer row, another day adds a version. Raises Forbidden, or Refused for a
    metric without target, an unknown op or a value no figure can have.
    """
    require(member)
    if metric not in TARGETED or metric not in catalogue:
        raise Refused(_("この指標には目標を設定できません。"), code="bad_metric")
    if op not in ("<=", ">="):
        raise Refused(
            _("目標の向きは「以下」か「以上」です。"),
            code="bad_op",
            fields={"op": _("「以下」か「以上」を選んでください。")},
        )
    if not value.is_finite() or abs(value) >= LIMIT or (catalogue[metric].unit == RATIO and abs(value) > 10):
        raise Refused(
            _("目標の値が範囲の外です。"), code="bad_value", fields={"value": _("目標の値が範囲の外です。")}
        )
    code = ":".join(
        filter(None, (f"{metric}:{scope}:month", effective_on.isoformat() if effective_on else ""))
    )
    earlier = Target.objects.filter(code=code)
    before = earlier.order_by("-id").first()
    with new_entry(label=f"target:{metric}", reason=reason, actor=member) as entry:
        contested = earlier.update(contested=True) > 0
        made = Target.objects.create(
            code=code, metric=metric, scope=scope, period="month", op=op, value=value, owner=owner[:200],
            effective_on=effective_on, recorded_at=clock.now(), known_basis=Known.SYSTEM, entry=entry, contested=contested,
        )  # fmt: skip
        audit.record(
            "target.set", actor=member, subject="target", subject_id=made.pk, label=f"{metric} {scope}".strip(),
            old=_values(before) if before else {}, new=_values(made), reason=reason, entry=entry,
        )  # fmt: skip
    return made


def _values(target: Target) -> dict[str, str]:
    day = target.effective_on
    return {
        "op": target.op, "value": str(target.value.normalize()), "owner": target.owner,
        "effective_on": day.isoformat() if day else "",
    }  # fmt: skip


def withdraw_target(member: Member, target_id: int, *, reason: str = "") -> None:
    """A version ceases to count from now on; what was asked before stays answered. Refused where it is gone already."""
    require(member)
    found = Target.objects.filter(pk=target_id, is_void=False).first()
    if found is None:
        raise Refused(_("この目標は見つかりません。すでに取り下げられた可能性があります。"), code="gone")
    with new_entry(label=f"target:{found.metric}", reason=reason, actor=member) as entry:
        Target.objects.filter(code=found.code).update(contested=True)
        Target.objects.create(
            code=found.code, metric=found.metric, scope=found.scope, period=found.period, op=found.op, value=found.value,
            owner=found.owner, effective_on=found.effective_on, recorded_at=clock.now(), known_basis=Known.SYSTEM,
            entry=entry, contested=True, is_void=True,
        )  # fmt: skip
        audit.record(
            "target.withdraw", actor=member, subject="target", subject_id=found.pk, label=found.metric,
            old=_values(found), reason=reason, entry=entry,
        )  # fmt: skip
