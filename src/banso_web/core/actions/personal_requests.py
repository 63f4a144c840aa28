"""個人情報の請求: a request is opened, who asks is made sure, and it is closed with what was done. Nothing is ever deleted.

The audit log gets dates, kind and outcome, never what the person wrote or was called.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock, settings_store
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.models import PersonalRequest

if TYPE_CHECKING:
    from banso_web.members.models import Member

PERMISSION = "personal.manage"
ANSWER_DAYS = "personal.answer_days"
ANSWERED = (PersonalRequest.Outcome.DONE, PersonalRequest.Outcome.PARTLY)


def require(actor: Member) -> None:
    """403 unless the actor handles personal data."""
    if not actor.may(PERMISSION):
        raise Forbidden(_("個人情報の請求を扱う権限がありません。データは変わっていません。"))


def access_request(actor: Member, request_id: int) -> PersonalRequest:
    """One request; 404 for nobody's."""
    require(actor)
    found = PersonalRequest.objects.filter(pk=request_id).select_related("opened_by", "closed_by").first()
    if found is None:
        raise NotVisible
    return found


def due_day(received_on: date) -> date:
    """The day by which an answer is promised, unless another is given."""
    return received_on + timedelta(days=int(settings_store.get(ANSWER_DAYS)))


def open_request(
    actor: Member,
    *,
    received_on: date,
    kind: str,
    person: str,
    contact_id: int = 0,
    due_on: date | None = None,
) -> PersonalRequest:
    """Note that somebody asked. Refused without a name, with an unknown kind, and with days in the wrong order."""
    require(actor)
    problems = {}
    if not person.strip():
        problems["person"] = _("請求した人の名前を入力してください。")
    if kind not in PersonalRequest.Kind.values:
        problems["kind"] = _("請求の種類を選んでください。")
    if received_on > clock.today():
        problems["received_on"] = _("受け付けた日は今日までの日付にしてください。")
    due = due_on or due_day(received_on)
    if due < received_on:
        problems["due_on"] = _("期限は受け付けた日より後にしてください。")
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    with transaction.atomic():
        made = PersonalRequest.objects.create(
            received_on=received_on, kind=kind, person=person.strip()[:200], contact_id=contact_id, due_on=due,
            opened_by=actor, opened_at=clock.now(),
        )  # fmt: skip
        _note(
            "open",
            made,
            actor,
            {"received_on": received_on.isoformat(), "kind": kind, "due_on": due.isoformat()},
        )
    return made


def check_identity(actor: Member, request_id: int, how: str) -> PersonalRequest:
    """Note by what it was made sure that the person is who they say."""
    found = _open(actor, request_id)
    if not how.strip():
        message = _("本人確認の方法を入力してください。何も保存していません。")
        raise Refused(message, code="no_identity", fields={"identity": message})
    with transaction.atomic():
        found.identity, found.identity_on = how.strip()[:300], clock.today()
        found.save(update_fields=["identity", "identity_on"])
        _note("identity", found, actor, {"identity_on": found.identity_on.isoformat()})
    return found


def close_request(actor: Member, request_id: int, *, outcome: str, done: str) -> PersonalRequest:
    """End a request. Nothing is given, mended or erased for somebody whose identity was not checked."""
    found = _open(actor, request_id)
    problems = {}
    if outcome not in PersonalRequest.Outcome.values:
        problems["outcome"] = _("結果を選んでください。")
    elif outcome in ANSWERED and not found.identity_on:
        problems["outcome"] = _("先に本人確認を記録してください。")
    if not done.strip():
        problems["done"] = _("対応した内容、または応じない理由を入力してください。")
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    with transaction.atomic():
        found.outcome, found.done, found.closed_by, found.closed_at = (
            outcome,
            done.strip()[:4000],
            actor,
            clock.now(),
        )
        found.save(update_fields=["outcome", "done", "closed_by", "closed_at"])
        _note("close", found, actor, {"outcome": outcome})
    return found


def _open(actor: Member, request_id: int) -> PersonalRequest:
    found = access_request(actor, request_id)
    if found.closed_at is not None:
        raise Refused(_("この請求は終わっています。何も変えていません。"), code="closed")
    return found


def _note(deed: str, found: PersonalRequest, actor: Member, new: dict[str, str]) -> None:
    audit.record(
        f"personal.request.{deed}", actor=actor, subject="personal_request", subject_id=found.pk, new=new
    )
