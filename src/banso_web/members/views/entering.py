"""Coming in: set-up of a new home, invitations, forgotten passwords, break-glass. Nobody is logged in yet on these pages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.core import ratelimit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from requests import RequestException

from banso_web.core.errors import Refused
from banso_web.members.actions import accept_invitation, set_password_by_token
from banso_web.members.forms import JoinForm, ResetForm, SetupForm, TwicePassword
from banso_web.members.jobs import send_reset_mail
from banso_web.members.links import public_base
from banso_web.members.models import Invitation, Member
from banso_web.members.setup import set_up, setup_invitation
from banso_web.members.tokens import find_invitation, use_invitation
from banso_web.members.views.shared import show_refusal

logger = logging.getLogger(__name__)
BACKEND = "banso_web.members.backends.MemberBackend"
View = Callable[..., HttpResponse]
ENTRANCE = "members/login/"


def unless_enforced(view: View) -> View:
    """Where OpenID Connect is enforced, a log-in by password or passkey is closed: the page shows the provider alone."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.OIDC_ENFORCE:
            status = 200 if request.method in ("GET", "HEAD") else 403
            return render(request, "account/login.html", {"enforced": True}, status=status)
        return view(request, *args, **kwargs)

    return guarded


def provider_answers(view: View) -> View:
    """A provider that cannot be reached, or answers nonsense, is told on a page (503) instead of an error."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (RequestException, OAuth2Error, KeyError, ValueError) as problem:
            logger.warning("OpenID Connect: %s", type(problem).__name__)
            return render(request, "socialaccount/authentication_error.html", status=503)

    return guarded


def _token(request: HttpRequest) -> str:
    return request.POST.get("token", "") or request.GET.get("token", "")


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, ENTRANCE + "gone.html", status=404)


def _come_in(request: HttpRequest, member: Member, target: str) -> HttpResponse:
    """A new session for a member whom a one-time link has proved. A second factor is still asked for."""
    if request.user.is_authenticated:
        logout(request)
    response: HttpResponse = perform_login(request, Login(user=member, redirect_url=target))
    return response


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """/setup/?token=…: the first user and the name of the organisation. 404 without the token and ever after."""
    token = _token(request)
    invitation = setup_invitation(token)
    form = SetupForm(request.POST or None, label_suffix="")
    form.order_fields(["organisation", "name", "email", "password1", "password2"])
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            member = set_up(
                invitation,
                organisation=given["organisation"],
                name=given["name"],
                email=given["email"],
                password=given["password1"],
            )
        except Refused as problem:
            show_refusal(form, problem)
        else:
            start_session(request, member, backend=BACKEND)
            messages.success(request, _("はじめの準備ができました。次に、数え方と目標を確かめてください。"))
            return redirect("settings_setup")
    return render(request, ENTRANCE + "setup.html", {"form": form, "token": token})


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """/login/join/?token=…: an invited person sets name and password, or (OpenID Connect enforced) is sent there."""
    token = _token(request)
    invitation = find_invitation(Invitation.Purpose.INVITE, token)
    if invitation is None:
        return _gone(request)
    form = JoinForm(request.POST or None, initial={"name": invitation.name}, label_suffix="")
    form.order_fields(["name", "password1", "password2"])
    if request.method == "POST" and form.is_valid():
        try:
            member = accept_invitation(
                invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password1"]
            )
        except Refused as problem:
            if problem.code == "link_gone":
                return _gone(request)
            show_refusal(form, problem)
        else:
            if settings.OIDC_ENFORCE:
                return redirect("account_login")
            return _come_in(request, member, "/")
    return render(request, ENTRANCE + "join.html", {"form": form, "token": token, "invitation": invitation})


@never_cache
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a reset mail. The answer is the same for every address."""
    if not public_base():
        return render(request, ENTRANCE + "reset_by_command.html")
    form = ResetForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].strip()
        if not ratelimit.consume(request, action="reset_password", key=email.casefold()):
            return render(request, "429.html", status=429)
        send_reset_mail.enqueue(email, translation.get_language() or "ja")
        return render(request, ENTRANCE + "reset_sent.html")
    return render(request, ENTRANCE + "reset.html", {"form": form})


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def password_link(request: HttpRequest) -> HttpResponse:
    """/login/password/link/?token=…: a new password, once."""
    token = _token(request)
    invitation = find_invitation(Invitation.Purpose.RESET, token)
    if invitation is None or invitation.member is None or not invitation.member.is_active:
        return _gone(request)
    form = TwicePassword(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            set_password_by_token(invitation, form.cleaned_data["password1"])
        except Refused as problem:
            if problem.code == "link_gone":
                return _gone(request)
            show_refusal(form, problem)
        else:
            messages.success(request, _("パスワードを変えました。新しいパスワードでログインしてください。"))
            return redirect("account_login")
    return render(request, ENTRANCE + "password_link.html", {"form": form, "token": token})


@never_cache
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """/login/enter/?token=…: the break-glass link of the console. A button uses it, so that a preview does not."""
    token = _token(request)
    invitation = find_invitation(Invitation.Purpose.ENTER, token)
    if invitation is None or invitation.member is None or not invitation.member.is_active:
        return _gone(request)
    if request.method == "POST":
        if not use_invitation(invitation):
            return _gone(request)
        return _come_in(request, invitation.member, "/")
    return render(request, ENTRANCE + "enter.html", {"token": token, "member": invitation.member})
