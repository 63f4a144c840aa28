"""Per request of somebody logged in: the idle time-out, and the second factor that a role demands."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from banso_web.core import clock, settings_store
from banso_web.members.login_settings import IDLE, SECOND_FACTOR
from banso_web.members.models import Member

Handler = Callable[[HttpRequest], HttpResponse]
SEEN, LIMIT, SETTLED = "banso_seen", "banso_idle", "banso_second_factor"
TOUCH_SECONDS = 60  # how often a busy session is written, and how soon a changed setting counts
ALWAYS_OPEN = ("/login/", "/me/", "/static/", "/health")
KEYS = "/me/keys/"  # never open: an API key made without the second factor would be a way around it for ever


def lacks_second_factor(request: HttpRequest, member: Member) -> bool:
    """Whether a role of the member demands a second factor that is not there. An OpenID Connect log-in is the provider's."""
    demanded = set(settings_store.get(SECOND_FACTOR))
    if not demanded or not member.roles.filter(key__in=demanded).exists():
        return False
    if any(record["method"] == "socialaccount" for record in get_authentication_records(request, member)):
        return False
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not Authenticator.objects.filter(user=member, type__in=kinds).exists()


def _send(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A whole-page move also for htmx, which would put the target into a part of the page."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
    return response


class MemberMiddleware:
    """Logs out who was idle too long and leads to the second factor's set-up where a role demands it.

    A request within the same minute asks the database nothing more than who the member is.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/static/", "/health")) or not request.user.is_authenticated:
            return self.get_response(request)
        now = int(clock.now().timestamp())
        session = request.session
        if now - session.get(SEEN, now) > session.get(LIMIT, 720) * 60:
            logout(request)
            messages.info(
                request, _("しばらく操作がなかったため、ログアウトしました。もう一度ログインしてください。")
            )
            return _send(
                request, redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            )
        due = SEEN not in session or now - session[SEEN] >= TOUCH_SECONDS
        if due or not session.get(SETTLED, False):
            session[SETTLED] = not lacks_second_factor(request, request.user)
        if due:
            session[SEEN], session[LIMIT] = now, settings_store.get(IDLE)
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=clock.now())
        closed = not request.path.startswith(ALWAYS_OPEN) or request.path.startswith(KEYS)
        if not session[SETTLED] and closed:
            messages.warning(
                request, _("あなたの役割では二段階認証が必要です。認証アプリかパスキーを登録してください。")
            )
            return _send(request, redirect(reverse("profile")))
        response = self.get_response(request)
        # Nothing stays behind on a shared machine.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
