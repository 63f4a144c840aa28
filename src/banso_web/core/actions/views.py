"""Saved views of lists: a name for filters, columns and order; the owner's own, or shared with everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit
from banso_web.core.errors import Conflict, Forbidden, NotVisible, Refused
from banso_web.core.models import SavedView

if TYPE_CHECKING:
    from banso_web.members.models import Member

# Places of one visit, and the question's time, are no part of a view.
NOT_KEPT = frozenset({"after", "before", "drawer", "lang", "as_of", "known_at", "watermark", "view"})
LONGEST = 80
MOST = 200  # views of one member
PUBLISH = "account.view"


def kept_query(query: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What a view keeps of an address: every filter, column and order (`dict(request.GET.lists())` goes in)."""
    return {key: list(values) for key, values in query.items() if key not in NOT_KEPT}


def _named(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST:
        message = _("名前は1〜80文字で入力してください。保存していません。")
        raise Refused(message, code="bad_name", fields={"name": message})
    return name


def _own(actor: Member, view_id: int) -> SavedView:
    view = SavedView.objects.filter(pk=view_id, owner=actor).first()
    if view is None:
        raise NotVisible
    return view


def _require_publisher(actor: Member) -> None:
    """What everybody finds in their lists comes from somebody who may open those lists."""
    if not actor.may(PUBLISH):
        raise Forbidden(_("ビューを全員に見せる権限がありません。ビューは変わっていません。"))


def _record(action: str, actor: Member, view: SavedView, old: dict[str, Any], new: dict[str, Any]) -> None:
    audit.record(action, actor=actor, subject="view", subject_id=view.pk, label=view.name, old=old, new=new)


def save_view(
    actor: Member, page: str, name: str, query: Mapping[str, list[str]], *, shared: bool = False
) -> SavedView:
    """Keep a view under a name; the owner's view of the same page and name is replaced.

    Refused beyond `MOST` views of one member; 403 for sharing without the right to see customers.
    """
    name, kept = _named(name), kept_query(query)
    if shared:
        _require_publisher(actor)
    with transaction.atomic():
        old = SavedView.objects.filter(page=page, name=name, owner=actor).first()
        if old is None and SavedView.objects.filter(owner=actor).count() >= MOST:
            raise Refused(
                _("ビューは1人 %(n)s 件までです。使わないビューを削除してください。保存していません。")
                % {"n": MOST},
                code="too_many_views",
            )
        before = {"query": old.query, "shared": old.shared} if old else {}
        view, _made = SavedView.objects.update_or_create(
            page=page, name=name, owner=actor, defaults={"query": kept, "shared": shared}
        )
        _record("view.save", actor, view, before, {"page": page, "query": kept, "shared": shared})
    return view


def rename_view(actor: Member, view_id: int, name: str) -> SavedView:
    """Give the owner's view another name; refused where another view of the page has it."""
    name, view = _named(name), _own(actor, view_id)
    if SavedView.objects.filter(page=view.page, name=name, owner=actor).exclude(pk=view.pk).exists():
        raise Conflict(_("同じ名前のビューがあります。名前は変わっていません。"), code="taken")
    old, view.name = view.name, name
    with transaction.atomic():
        view.save(update_fields=["name"])
        _record("view.rename", actor, view, {"name": old}, {"name": name})
    return view


def share_view(actor: Member, view_id: int, shared: bool) -> SavedView:
    """Show the owner's view to everybody, or to the owner alone again. 403 for sharing without the right to see customers."""
    view = _own(actor, view_id)
    if shared:
        _require_publisher(actor)
    if view.shared != shared:
        view.shared = shared
        with transaction.atomic():
            view.save(update_fields=["shared"])
            _record("view.share", actor, view, {"shared": not shared}, {"shared": shared})
    return view


def delete_view(actor: Member, view_id: int) -> None:
    """Take the owner's view away; what it held stays in the audit log."""
    view = _own(actor, view_id)
    with transaction.atomic():
        _record(
            "view.delete", actor, view, {"page": view.page, "query": view.query, "shared": view.shared}, {}
        )
        view.delete()
