"""Checking e-mail and password: addresses are compared without regard to case, whoever wrote them."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from banso_web.members.models import Member


class MemberBackend(AuthenticationBackend):  # type: ignore[misc]
    """Allauth's backend (with its equal-time answer for unknown people) over Banso's members."""

    def _authenticate(self, request: HttpRequest | None, **credentials: object) -> Member | None:
        email, password = (
            str(credentials.get("email") or credentials.get("username") or ""),
            credentials.get("password"),
        )
        member = Member.objects.filter(email__iexact=email).first() if email else None
        if member is None or not member.password:
            return None  # nothing was checked: the caller spends the time of a check
        checked: Member | None = self._check_password(member, str(password))
        return checked
