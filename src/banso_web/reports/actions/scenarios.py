"""Saving an LTV what-if with its inputs, their sources, its author and its day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import Asked
from banso_web.reports.models import Scenario

if TYPE_CHECKING:
    from banso_web.members.models import Member


def save_scenario(
    member: Member, *, name: str, form: str, inputs: dict[str, Any], result: dict[str, Any], asked: Asked
) -> Scenario:
    """A scenario as it was shown; it is never calculated anew. Raises Forbidden without kpi.edit, Refused without a name."""
    if not member.may("kpi.edit"):
        raise Forbidden(_("シナリオを保存する権限がありません。データは変わっていません。"))
    if not name.strip():
        raise Refused(
            _("シナリオの名前を入力してください。保存していません。"),
            code="name_needed",
            fields={"name": _("入力してください。")},
        )
    with transaction.atomic():
        made = Scenario.objects.create(
            name=name.strip()[:120],
            form=form,
            inputs=inputs,
            result=result,
            as_of=asked.as_of,
            made_by=member,
            made_at=clock.now(),
        )
        audit.record(
            "scenario.save", actor=member, subject="scenario", subject_id=made.pk, label=made.name,
            new={"form": form, "as_of": asked.as_of.isoformat(), "result": result.get("value")},
        )  # fmt: skip
    return made


def delete_scenario(member: Member, scenario_id: int) -> None:
    """Take a scenario off the list; its numbers stay in the audit log."""
    if not member.may("kpi.edit"):
        raise Forbidden(_("シナリオを消す権限がありません。データは変わっていません。"))
    with transaction.atomic():
        found = Scenario.objects.filter(pk=scenario_id).first()
        if found is None:
            raise Refused(_("このシナリオは見つかりません。すでに消された可能性があります。"), code="gone")
        audit.record(
            "scenario.delete", actor=member, subject="scenario", subject_id=found.pk, label=found.name,
            old={"form": found.form, "inputs": found.inputs, "result": found.result},
        )  # fmt: skip
        found.delete()
