"""招待: open invitations, and inviting."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from banso_web.core import clock
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import page, render_page
from banso_web.members.actions import invite, withdraw_invitation
from banso_web.members.forms import InviteForm
from banso_web.members.jobs import send_invitation_mail
from banso_web.members.links import public_base, token_link
from banso_web.members.models import Invitation
from banso_web.members.views.shared import reader, show_refusal


def _open() -> list[Invitation]:
    rows = Invitation.objects.filter(
        purpose=Invitation.Purpose.INVITE, used_at=None, expires_at__gt=clock.now()
    )
    return list(rows.select_related("made_by").prefetch_related("roles").order_by("-made_at", "-pk"))


def _show(request: HttpRequest, form: InviteForm, *, link: str = "", mailed: bool = False) -> HttpResponse:
    context = {
        "form": form,
        "invitations": _open(),
        "link": link,
        "mailed": mailed,
        "mails": bool(public_base()),
        "outbox": not settings.ENV.smtp_url,
    }
    return render_page(request, "members/invitations.html", context, status=422 if form.errors else 200)


@never_cache
@page("member.manage", edits=True)
def invitations(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        email, name = request.GET.get("email", ""), request.GET.get("name", "")
        return _show(request, InviteForm(initial={"email": email, "name": name}, label_suffix=""))
    form = InviteForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _show(request, form)
    given = form.cleaned_data
    try:
        invitation, token = invite(given["name"], given["email"], given["roles"], actor=reader(request))
    except Refused as problem:
        show_refusal(form, problem)
        return _show(request, form)
    base = public_base()
    if base:
        send_invitation_mail(invitation.name, invitation.email, token_link(base, "join", token))
    link = token_link(base or request.build_absolute_uri("/").rstrip("/"), "join", token)
    return _show(request, InviteForm(label_suffix=""), link=link, mailed=bool(base))


@require_POST
@page("member.manage")
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    found = Invitation.objects.filter(pk=invitation_id, purpose=Invitation.Purpose.INVITE).first()
    if found is None:
        raise NotVisible
    withdraw_invitation(found, actor=reader(request))
    messages.success(request, _("招待を取り消しました。リンクは使えません。"))
    return redirect("invitations")
