"""Log-ins and second factors in the audit log, and the list of where somebody is logged in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.http import HttpRequest

from banso_web.core import audit
from banso_web.members.models import Member, Role
from banso_web.members.permissions import ROLES


@receiver(post_migrate, dispatch_uid="banso_shipped_roles")
def _shipped_roles(sender: Any, **kwargs: Any) -> None:
    """Every shipped role exists after every migration; what the organisation made of it stays."""
    if sender.label != "members":
        return
    for order, (key, (ja, en, permissions)) in enumerate(ROLES.items(), start=1):
        values = {
            "name_ja": ja,
            "name_en": en,
            "permissions": permissions,
            "built_in": True,
            "order": order * 10,
        }
        Role.objects.get_or_create(key=key, defaults=values)


def _row(action: str, member: Member, new: dict[str, Any]) -> None:
    audit.record(action, actor=member, subject="member", subject_id=member.pk, label=member.name, new=new)


def _address(request: HttpRequest) -> str:
    """The caller's address; a log-in without a connection (a command, `force_login` of a test) has none."""
    return str(get_adapter().get_client_ip(request)) if request.META.get("REMOTE_ADDR") else ""


@receiver(user_logged_in, dispatch_uid="banso_login")
def _logged_in(sender: Any, request: HttpRequest, user: Member, **kwargs: Any) -> None:
    methods = [record["method"] for record in get_authentication_records(request, user)]
    _row("login.ok", user, {"by": methods or ["link"], "ip": _address(request)})
    if hasattr(request, "user"):
        UserSession.objects.create_from_request(request)


@receiver(user_logged_out, dispatch_uid="banso_logout")
def _logged_out(sender: Any, request: HttpRequest, user: Member | None, **kwargs: Any) -> None:
    if user is not None:
        _row("logout", user, {})


@receiver(authentication_failed, dispatch_uid="banso_second_failed")
def _second_failed(
    sender: Any, request: HttpRequest, user: Member, authenticator: Any, **kwargs: Any
) -> None:
    _row(
        "login.second_factor_failed",
        user,
        {"type": authenticator.type, "ip": get_adapter().get_client_ip(request)},
    )


@receiver(authenticator_added, dispatch_uid="banso_factor_added")
def _added(sender: Any, request: HttpRequest, user: Member, authenticator: Any, **kwargs: Any) -> None:
    _row("second_factor.add", user, {"type": authenticator.type})


@receiver(authenticator_removed, dispatch_uid="banso_factor_removed")
def _removed(sender: Any, request: HttpRequest, user: Member, authenticator: Any, **kwargs: Any) -> None:
    _row("second_factor.remove", user, {"type": authenticator.type})


@receiver(authenticator_reset, dispatch_uid="banso_factor_reset")
def _reset(sender: Any, request: HttpRequest, user: Member, authenticator: Any, **kwargs: Any) -> None:
    _row("second_factor.reset", user, {"type": authenticator.type})


@receiver(password_changed, dispatch_uid="banso_password_changed")
def _password(sender: Any, request: HttpRequest, user: Member, **kwargs: Any) -> None:
    _row("member.password", user, {"by": "self"})
