"""メンバー: the list, one member's page, and what may be done there."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.pages import page, render_page
from banso_web.core.ui.lists import Column, Order, Tab, keyset_page
from banso_web.members.actions import change_roles, deactivate, edit_member, issue_reset, reactivate
from banso_web.members.actions.guards import MANAGE, access_member, require_manage
from banso_web.members.forms import MemberForm, RolesForm
from banso_web.members.links import public_base, token_link
from banso_web.members.models import ApiKey, Invitation, Member
from banso_web.members.sessions import open_sessions, sign_out
from banso_web.members.views.shared import reader, show_refusal

COLUMNS = [
    Column("name", gettext_lazy("氏名"), sort="name", fixed=True),
    Column("email", gettext_lazy("メールアドレス"), sort="code"),
    Column("roles", gettext_lazy("役割")),
    Column("manager", gettext_lazy("上長")),
    Column("state", gettext_lazy("状態")),
    Column("last_login", gettext_lazy("最後のログイン")),
]
GROUPS = ("active", "no_role", "left")


def _group(name: str) -> QuerySet[Member]:
    if name == "left":
        return Member.objects.filter(is_active=False)
    if name == "no_role":
        return Member.objects.filter(is_active=True, roles=None)
    return Member.objects.filter(is_active=True)


@page("member.view")
def members(request: HttpRequest) -> HttpResponse:
    """Everybody who works here, those without a role, and those who left."""
    chosen = request.GET.get("tab", "active") if request.GET.get("tab") in GROUPS else "active"
    words = {"active": _("在籍"), "no_role": _("役割なし"), "left": _("無効")}
    tabs = [Tab(words[key], f"?tab={key}", key == chosen, _group(key).count()) for key in GROUPS]
    query = _group(chosen).select_related("manager").prefetch_related("roles")
    wanted = request.GET.get("q", "").strip()
    if wanted:
        query = query.filter(name__icontains=wanted) | query.filter(email__icontains=wanted)
    order = Order.read(request, COLUMNS, "name")
    found = keyset_page(query, request, order)
    with_factor = set(
        Authenticator.objects.filter(user__in=[row.pk for row in found.rows])
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    return render_page(
        request,
        "members/list.html",
        {
            "page": found,
            "columns": COLUMNS,
            "order": order,
            "tabs": tabs,
            "q": wanted,
            "chosen": chosen,
            "with_factor": with_factor,
            "manages": reader(request).may(MANAGE),
            "open_invitations": Invitation.objects.filter(
                purpose=Invitation.Purpose.INVITE, used_at=None, expires_at__gt=clock.now()
            ).count(),
        },
    )


def _initial(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "email": member.email or "",
        "job": member.job,
        "manager_id": member.manager_id or "",
        "monthly_hours": member.monthly_hours,
        "internal_share": member.internal_share,
        "joined_on": member.joined_on,
    }


def _show(
    request: HttpRequest,
    member: Member,
    *,
    form: MemberForm | None = None,
    roles: RolesForm | None = None,
    link: str = "",
) -> HttpResponse:
    actor = reader(request)
    manages = actor.may(MANAGE)
    form = form or MemberForm(initial=_initial(member), member=member, label_suffix="")
    keys = list(member.roles.values_list("key", flat=True))
    roles = roles or RolesForm(initial={"roles": keys}, label_suffix="")
    return render_page(
        request,
        "members/member.html",
        {
            "member": member,
            "form": form,
            "roles_form": roles,
            "roles": member.roles.order_by("order", "pk"),
            "manages": manages,
            "self": actor.pk == member.pk,
            "reports": member.reports.filter(is_active=True).order_by("name"),
            "sessions": open_sessions(member) if manages else [],
            "keys": ApiKey.objects.filter(member=member, revoked_at=None) if manages else [],
            "factor": Authenticator.objects.filter(user=member).exclude(type="recovery_codes").exists(),
            "link": link,
        },
        status=422 if form.errors or roles.errors else 200,
    )


@never_cache
@page()
def member(request: HttpRequest, member_id: int) -> HttpResponse:
    """One person. Everybody sees themselves; the others are seen with `member.view` (404 otherwise)."""
    return _show(request, access_member(reader(request), member_id))


@require_POST
@page()
def edit(request: HttpRequest, member_id: int) -> HttpResponse:
    actor = reader(request)
    who = access_member(actor, member_id)
    require_manage(actor)
    form = MemberForm(request.POST, member=who, label_suffix="")
    if form.is_valid():
        try:
            edit_member(who, form.cleaned_data, actor=actor)
        except Refused as problem:
            show_refusal(form, problem)
        else:
            messages.success(request, _("保存しました。"))
            return redirect("member", who.pk)
    return _show(request, who, form=form)


@require_POST
@page()
def roles(request: HttpRequest, member_id: int) -> HttpResponse:
    actor = reader(request)
    who = access_member(actor, member_id)
    require_manage(actor)
    form = RolesForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            change_roles(who, form.cleaned_data["roles"], actor=actor)
        except Refused as problem:
            show_refusal(form, problem)
        else:
            messages.success(request, _("役割を変えました。次の操作から効きます。"))
            return redirect("member", who.pk)
    return _show(request, who, roles=form)


@require_POST
@page()
def activity(request: HttpRequest, member_id: int) -> HttpResponse:
    """Deactivate or reactivate (`state`), or end every log-in (`state=sign_out`)."""
    actor = reader(request)
    who = access_member(actor, member_id)
    require_manage(actor)
    wanted, reason = request.POST.get("state", ""), request.POST.get("reason", "").strip()
    if wanted == "left":
        deactivate(who, actor=actor, reason=reason)
        messages.success(request, _("無効にしました。開いていたログインも終わりました。"))
    elif wanted == "active":
        reactivate(who, actor=actor, reason=reason)
        messages.success(request, _("もう一度ログインできるようにしました。"))
    elif wanted == "sign_out":
        ended = sign_out(who, actor=actor)
        messages.success(request, _("%(count)s 件のログインを終わらせました。") % {"count": ended})
    return redirect("member", who.pk)


@never_cache
@require_POST
@page()
def reset_link(request: HttpRequest, member_id: int) -> HttpResponse:
    """A link to hand over; it stands on this one answer."""
    actor = reader(request)
    who = access_member(actor, member_id)
    token = issue_reset(who, actor=actor)
    base = public_base() or request.build_absolute_uri("/").rstrip("/")
    return _show(request, who, link=token_link(base, "password_link", token))
