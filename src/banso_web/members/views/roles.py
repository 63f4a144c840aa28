"""役割と権限: the matrix, and one role."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import page, render_page
from banso_web.core.registry import registry
from banso_web.members.actions import create_role, delete_role, edit_role
from banso_web.members.forms import RoleForm
from banso_web.members.models import Role
from banso_web.members.views.shared import reader, show_refusal


def _role(role_id: int) -> Role:
    found = Role.objects.filter(pk=role_id).first()
    if found is None:
        raise NotVisible
    return found


@page("member.manage")
def roles(request: HttpRequest) -> HttpResponse:
    """Every role across, every permission down."""
    active = Count("members", filter=Q(members__is_active=True))
    every = list(Role.objects.annotate(people=active).order_by("order", "pk"))
    english = get_language() == "en"
    heads = [(role, role.name_en if english else role.name_ja) for role in every]
    matrix = [
        (label, [key in role.permissions for role in every]) for key, label in registry.permissions.items()
    ]
    return render_page(request, "members/roles.html", {"heads": heads, "matrix": matrix})


def _edit(request: HttpRequest, role: Role | None) -> HttpResponse:
    initial = (
        {"name_ja": role.name_ja, "name_en": role.name_en, "permissions": role.permissions} if role else {}
    )
    form = RoleForm(request.POST or None, initial=initial, label_suffix="")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if role is None:
                create_role(given["name_ja"], given["name_en"], given["permissions"], actor=reader(request))
            else:
                edit_role(role, **given, actor=reader(request))
        except Refused as problem:
            show_refusal(form, problem)
        else:
            messages.success(request, _("役割を保存しました。次の操作から効きます。"))
            return redirect("roles")
    context = {
        "form": form,
        "role": role,
        "people": role.members.filter(is_active=True).order_by("name") if role else [],
    }
    return render_page(request, "members/role.html", context, status=422 if form.errors else 200)


@page("member.manage", edits=True)
def role(request: HttpRequest, role_id: int) -> HttpResponse:
    return _edit(request, _role(role_id))


@page("member.manage", edits=True)
def new_role(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@require_POST
@page("member.manage")
def delete(request: HttpRequest, role_id: int) -> HttpResponse:
    delete_role(_role(role_id), actor=reader(request))
    messages.success(request, _("役割を削除しました。"))
    return redirect("roles")
