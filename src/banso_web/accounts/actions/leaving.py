"""Contacts who left their company: their personal data goes after the months that the organisation sets."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.accounts.actions.erasure import take_out
from banso_web.accounts.models import Contact
from banso_web.accounts.personal import whom_of
from banso_web.core import audit, clock, settings_store
from banso_web.core.personal import remember
from banso_web.core.registry import Retained, registry
from banso_web.core.settings_store import SettingSpec
from banso_web.core.settings_store import declare as declare_setting

MONTHS = "retention.left_contacts_months"


def _months(value: object) -> int:
    months = int(str(value))
    if not 0 <= months <= 240:
        raise ValueError(_("0から240の月数を入れてください。0は期限なしです。"))
    return months


def declare() -> None:
    """Called at start-up."""
    declare_setting(
        SettingSpec(
            key=MONTHS,
            label=gettext_lazy("退職した担当者の個人情報を残す月数"),
            help=gettext_lazy("離れた日から数えます。過ぎると消去と同じく元に戻せません。0は期限なしです。"),
            default=0,
            kind="days",
            clean=_months,
            group="data",
        )
    )
    registry.retained.append(
        Retained("left", gettext_lazy("退職した担当者の個人情報"), MONTHS, waiting, remove, unit="months")
    )


def _before() -> date | None:
    months = int(settings_store.get(MONTHS))
    if not months:
        return None
    today = clock.today()
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(years, month + 1, min(today.day, 28))


def _gone() -> QuerySet[Contact]:
    before = _before()
    if before is None:
        return Contact.objects.none()
    return Contact.objects.filter(erased=False, status="left", left_on__lt=before).order_by("pk")


def waiting() -> int:
    return _gone().count()


def remove() -> int:
    """Erase each as if they had asked. Where something must wait (an import under way) they go another day."""
    gone = 0
    for contact in list(_gone()):
        whom = whom_of(contact)
        if any(check(whom) for check in registry.erasure_checks):
            break
        remember(whom)
        changed = take_out(whom)
        audit.record(
            "personal.erase.left", actor=None, subject="personal", subject_id=contact.pk, new=changed
        )
        gone += 1
    return gone
