"""Tags of the pages about people (`{% load members %}`)."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from banso_web.core import settings_store
from banso_web.members.models import Role
from banso_web.members.setup import needs_setup

register = template.Library()


@register.simple_tag
def role_name(role: Role) -> str:
    """A role's name in the reader's language."""
    return role.name_en if get_language() == "en" else role.name_ja


@register.simple_tag
def login_choices() -> dict[str, Any]:
    """What the log-in page offers: `organisation`, `provider` with `provider_url`, `fresh` (nobody can manage it yet)."""
    provider = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
    return {
        "organisation": settings_store.get("organisation.name"),
        "provider": provider,
        "provider_url": reverse("openid_connect_login", args=["sso"]) if provider else "",
        "fresh": needs_setup(),
    }
