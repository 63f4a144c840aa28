"""「ログインと安全」: one's own account. Password and second factors are allauth's pages in our words."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.pages import any_day, page, render_page
from banso_web.members.actions import create_key, revoke_key
from banso_web.members.forms import SCOPE_WORDS, KeyForm
from banso_web.members.models import ApiKey, Member
from banso_web.members.sessions import open_sessions, sign_out
from banso_web.members.views.shared import reader, show_refusal


def _keys(member: Member) -> list[dict[str, object]]:
    keys = ApiKey.objects.filter(member=member).order_by("-made_at", "-pk")
    return [
        {
            "key": key,
            "scopes": [SCOPE_WORDS.get(scope, scope) for scope in key.scopes],
            "over": bool(key.revoked_at or (key.expires_at and key.expires_at <= clock.now())),
        }
        for key in keys
    ]


def _show(request: HttpRequest, form: KeyForm, *, fresh: str = "") -> HttpResponse:
    member = reader(request)
    factors: dict[str, list[Authenticator]] = {}
    for one in Authenticator.objects.filter(user=member).order_by("created_at"):
        factors.setdefault(one.type, []).append(one)
    return render_page(
        request,
        "members/profile.html",
        {
            "member": member,
            "totp": factors.get(Authenticator.Type.TOTP),
            "passkeys": factors.get(Authenticator.Type.WEBAUTHN, []),
            "recovery": factors.get(Authenticator.Type.RECOVERY_CODES),
            "sessions": open_sessions(member, current_key=request.session.session_key),
            "keys": _keys(member),
            "key_form": form,
            "fresh_key": fresh,
            "enforced": settings.OIDC_ENFORCE,
            "roles": member.roles.order_by("order", "pk"),
        },
        status=422 if form.errors else 200,
    )


@never_cache
@page()
def profile(request: HttpRequest) -> HttpResponse:
    return _show(request, KeyForm(label_suffix=""))


@never_cache
@require_POST
@page()
def new_key(request: HttpRequest) -> HttpResponse:
    """The key's text stands on this one answer and nowhere else."""
    form = KeyForm(request.POST, label_suffix="")
    if form.is_valid():
        given = form.cleaned_data
        try:
            _key, text = create_key(given["name"], given["scopes"], actor=reader(request), days=given["days"])
        except Refused as problem:
            show_refusal(form, problem)
        else:
            return _show(request, KeyForm(label_suffix=""), fresh=text)
    return _show(request, form)


@require_POST
@page()
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    revoke_key(key_id, actor=reader(request))
    messages.success(request, _("API キーを無効にしました。"))
    return redirect("profile")


@any_day
@require_POST
@page()
def end_session(request: HttpRequest) -> HttpResponse:
    """End one log-in (`session`) or all others."""
    member = reader(request)
    chosen = request.POST.get("session", "")
    ended = sign_out(
        member,
        actor=member,
        keep=request.session.session_key,
        only=int(chosen) if chosen.isdecimal() else None,
    )
    messages.success(request, _("%(count)s 件のログインを終わらせました。") % {"count": ended})
    return redirect("profile")
