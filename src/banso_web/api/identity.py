"""Who calls: an API key (Authorization: Bearer banso_…) or the session of a page, and how far they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf

from banso_web.api.problems import Stop
from banso_web.members.actions import SCOPES, find_key

if TYPE_CHECKING:
    from banso_web.members.models import Member

VIEW = frozenset(
    ("account.view", "contact.view", "revenue.view", "price.view", "member.view", "audit.view", "export.run")
)
# What each scope leaves of the member's rights. Writing and importing need to see what they touch, but GET needs `read`.
RIGHTS: dict[str, frozenset[str]] = {
    "read": VIEW,
    "metrics": frozenset(("revenue.view",)),
    "write": VIEW
    | {
        "account.edit_own",
        "account.edit_team",
        "account.edit_all",
        "kpi.edit",
        "month.close",
        "merge.decide",
        "import.run",
    },
    "import": frozenset(("account.view", "import.run")),
    "admin": frozenset(("settings.edit", "member.view", "member.manage", "audit.view")),
}


@dataclass(frozen=True)
class Caller:
    """Whom a request acts for. `name` tells callers apart: "key:3" or "member:7"."""

    name: str
    member: Member
    scopes: frozenset[str]


def cut(member: Member, scopes: frozenset[str]) -> Member:
    """The member with no more rights than the scopes leave; every access function asks `may`, so this reaches all."""
    allowed = frozenset[str]().union(*(RIGHTS[scope] for scope in scopes if scope in RIGHTS))
    member.__dict__["_permissions"] = member.permissions & allowed
    return member


def identify(request: HttpRequest) -> Caller:
    """The caller, or Stop 401. A key that is sent decides; without one the session does, and writes need its CSRF token."""
    header = request.headers.get("Authorization", "")
    if header:
        kind, _space, text = header.partition(" ")
        found = find_key(text.strip()) if kind.lower() == "bearer" else None
        if found is None:
            raise Stop(
                401,
                "bad_key",
                _("この API キーは使えません。期限切れか取り消し済みでないかを確かめてください。"),
            )
        return Caller(f"key:{found.key_id}", cut(found.member, found.scopes), found.scopes)
    if not request.user.is_authenticated:
        text = _(
            "API キーを Authorization: Bearer で送ってください。キーは「ログインと安全」のページで作れます。"
        )
        raise Stop(401, "no_key", text)
    if check_csrf(request):
        raise Stop(403, "csrf", _("ログイン中の画面から使うには CSRF トークン(X-CSRFToken)が必要です。"))
    member = request.user
    return Caller(f"member:{member.pk}", member, frozenset(SCOPES))


def caller(request: HttpRequest) -> Caller:
    """Whom the request acts for, in a view behind the guard."""
    return cast(Caller, request.caller)  # type: ignore[attr-defined]


def who(request: HttpRequest) -> Member:
    """The member the request acts for, with the rights the key's scopes leave."""
    return caller(request).member


class KeyAuth(HttpBearer):
    """Declares the key in the description; the guard has checked it already."""

    openapi_description = "API key: Authorization: Bearer banso_…"

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "caller", None)

    def authenticate(self, request: HttpRequest, token: str) -> Any:  # pragma: no cover - never reached
        return None


class SessionAuth(APIKeyCookie):
    """Declares the session of a page in the description; the guard has checked it already."""

    param_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "caller", None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # pragma: no cover - never reached
        return None


__all__ = ["Caller", "KeyAuth", "SessionAuth", "caller", "cut", "identify", "who"]
