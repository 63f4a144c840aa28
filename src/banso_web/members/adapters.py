"""How allauth behaves here: nobody signs up, lock-outs say when they end, people come in by verified e-mail alone."""

from __future__ import annotations

import hashlib
import math
import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from banso_web.core import audit, settings_store
from banso_web.core.errors import Refused
from banso_web.core.sealing import sealed, unsealed
from banso_web.members.actions.people import new_member
from banso_web.members.links import public_base
from banso_web.members.login_settings import OIDC_NEW
from banso_web.members.models import Member

MISMATCH = _("メールアドレスかパスワードが違います。")
MESSAGES: dict[str, Any] = {
    "account/messages/password_changed.txt": _("パスワードを変更しました。"),
    "mfa/messages/totp_activated.txt": _("認証アプリを登録しました。"),
    "mfa/messages/totp_deactivated.txt": _("認証アプリの登録を外しました。"),
    "mfa/messages/recovery_codes_generated.txt": _("回復コードを作りました。"),
    "mfa/messages/webauthn_added.txt": _("パスキーを登録しました。"),
    "mfa/messages/webauthn_removed.txt": _("パスキーを削除しました。"),
}


def minutes_locked(request: HttpRequest, key: str) -> int:
    """Whole minutes until the next try is possible, from the histories that the rate limits keep (at least 1)."""
    wait = 0.0
    for rate in ratelimit.get_rates(app="allauth.account", action="login_failed"):
        place = ratelimit.get_cache_key(
            request, app="allauth.account", action="login_failed", rate=rate, key=key
        )
        history = [at for at in cache.get(place, []) if at > time.time() - rate.duration]
        if len(history) >= rate.amount:
            wait = max(wait, min(history) + rate.duration - time.time())
    return max(math.ceil(wait / 60), 1)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Password log-in of members."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": MISMATCH,
        "invalid_login": MISMATCH,
        "incorrect_password": _("パスワードが違います。"),
        "enter_current_password": _("今のパスワードが違います。"),
        "too_many_login_attempts": _(
            "失敗が続いたため、しばらく受け付けません。数分後にもう一度お試しください。"
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Without the site's name: a made-up Host header must not open a fresh set of tries.
        return f"login:{str(credentials.get('email') or '').strip().casefold()}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            minutes = minutes_locked(request, self._get_login_attempts_cache_key(request, **credentials))
            self._note_lock(request, str(credentials.get("email") or ""), minutes)
            raise ValidationError(
                gettext(
                    "ログインの失敗が続いたため、しばらく受け付けません。%(minutes)s 分後にもう一度お試しください。"
                )
                % {"minutes": minutes},
                code="too_many_login_attempts",
            ) from None

    def _note_lock(self, request: HttpRequest, email: str, minutes: int) -> None:
        """One audit row a lock, however often somebody knocks."""
        mark = "lock:" + hashlib.sha256(email.strip().casefold().encode()).hexdigest()
        if cache.add(mark, True, timeout=minutes * 60):
            self._note("login.locked", request, email, {"minutes": minutes})

    def _note(self, action: str, request: HttpRequest, email: str, new: dict[str, Any]) -> None:
        # People type passwords into the address field: only the address of a member is written down.
        member = Member.objects.filter(email__iexact=email.strip()).first()
        audit.record(
            action,
            actor=None,
            subject="member",
            subject_id=member.pk if member else None,
            label=member.name if member else "",
            new={**new, "known": member is not None, "ip": self.get_client_ip(request)},
        )

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._note("login.failed", request, str(credentials.get("email") or ""), {})

    def reauthenticate(self, user: Any, password: str) -> bool:
        found = self.authenticate(self.request, email=user.email or "", password=password)
        return found is not None and found.pk == user.pk

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or MESSAGES.get(message_template or "")
        if text:
            super().add_message(request, level, extra_tags=extra_tags, message=str(text))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The audit log tells; no mail of allauth's own words is sent."""


SECOND_FACTOR = "second factor"


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """TOTP, passkeys and recovery codes. Secrets are encrypted with a key made from the home's secret key."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("コードが違います。"),
        "cannot_delete_authenticator": _("二段階認証は外せません。"),
        "cannot_generate_recovery_codes": _("回復コードは、認証アプリかパスキーを登録してから作れます。"),
    }

    def encrypt(self, text: str) -> str:
        return sealed(text, SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        return unsealed(encrypted_text, SECOND_FACTOR)

    def get_totp_issuer(self) -> str:
        return " ".join(filter(None, ["Banso", settings_store.get("organisation.name")])).replace(":", " ")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        base = public_base()
        return {"id": (urlsplit(base).hostname or entity["id"]) if base else entity["id"], "name": "Banso"}

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("パスキー %(number)s") % {"number": number}


def _refuse(request: HttpRequest, reason: str, message: str, *, email: str = "") -> ImmediateHttpResponse:
    member = Member.objects.filter(email__iexact=email).first() if email else None
    audit.record(
        "login.oidc_refused",
        actor=None,
        subject="member",
        subject_id=member.pk if member else None,
        label=member.name if member else "",
        new={"why": reason, "email": email[:254]},
    )
    return ImmediateHttpResponse(
        render(request, "members/login/refused.html", {"message": message}, status=403)
    )


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """OpenID Connect: the provider says who it is by an address it has verified; Banso says whether they are a member."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        verified = [address.email for address in sociallogin.email_addresses if address.verified is True]
        if not verified:
            raise _refuse(
                request,
                "unverified",
                gettext("認証の提供元で、メールアドレスの確認が済んでいません。確認してからお試しください。"),
            )
        email = verified[0].strip().lower()
        member = Member.objects.filter(email__iexact=email).first()
        if member is None:
            member = self._newcomer(request, sociallogin, email)
        if not member.is_active:
            raise _refuse(
                request,
                "inactive",
                gettext("このメンバーは無効になっています。管理者に連絡してください。"),
                email=email,
            )
        if sociallogin.is_existing:
            if sociallogin.user.pk != member.pk:
                raise _refuse(
                    request,
                    "other_member",
                    gettext("この認証は別のメンバーに結び付いています。管理者に連絡してください。"),
                    email=email,
                )
            return
        sociallogin.connect(request, member)

    def _newcomer(self, request: HttpRequest, sociallogin: SocialLogin, email: str) -> Member:
        unknown = gettext("このメールアドレスのメンバーはいません。管理者に招待を依頼してください。")
        if not settings_store.get(OIDC_NEW):
            raise _refuse(request, "unknown", unknown, email=email)
        data = sociallogin.account.extra_data
        claims = data.get("userinfo") or data.get("id_token") or {}
        try:
            return new_member(str(claims.get("name") or email), email, actor=None)
        except Refused as problem:
            raise _refuse(request, "unknown", unknown, email=email) from problem

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The audit log tells."""
