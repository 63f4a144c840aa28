"""Releases of the products: a short dated list, so that a change of use can be seen beside what was released."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.usage.models import Release

if TYPE_CHECKING:
    from banso_web.members.models import Member

MANAGE = "settings.edit"


def add_release(on: date, text: str, *, actor: Member, product: str = "") -> Release:
    """A release of a product, "" for all. Refused without words, and where the same stands already."""
    _may(actor)
    given = {"on": on, "text": text.strip()[:100], "product": product.strip()[:200]}
    if not given["text"]:
        problem = _("何を出したかを入れてください。何も保存していません。")
        raise Refused(problem, fields={"text": problem})
    with transaction.atomic():
        if Release.objects.filter(**given).exists():
            raise Refused(_("同じリリースがあります。何も保存していません。"))
        made = Release.objects.create(**given)
        audit.record(
            "release.add",
            actor=actor,
            subject="release",
            subject_id=made.pk,
            label=made.text,
            new=_told(made),
        )
    return made


def remove_release(release_id: int, *, actor: Member) -> None:
    """It was no release, or another one. The audit log keeps what it was."""
    _may(actor)
    with transaction.atomic():
        row = Release.objects.select_for_update().filter(pk=release_id).first()
        if row is None:
            raise NotVisible
        audit.record(
            "release.remove",
            actor=actor,
            subject="release",
            subject_id=row.pk,
            label=row.text,
            old=_told(row),
        )
        row.delete()


def _told(row: Release) -> dict[str, str]:
    return {"on": row.on.isoformat(), "product": row.product, "text": row.text}


def _may(actor: Member) -> None:
    if not actor.may(MANAGE):
        raise Forbidden(_("リリースを変える権限がありません。何も変えていません。"))
