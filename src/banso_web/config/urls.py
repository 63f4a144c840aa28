"""Where every page lives. Each app brings its own urls.py; this file only gives them their place."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

PLACES = {
    "core": "",
    "members": "",
    "accounts": "",
    "ingest": "",
    "collect": "",
    "connectors": "",
    "revenue": "",
    "usage": "",
    "touch": "",
    "health": "",
    "lifecycle": "",
    "reports": "",
    "desk": "",
    "api": "",
}

urlpatterns: list[URLPattern | URLResolver] = [
    path(prefix, include(f"banso_web.{app}.urls"))
    for app, prefix in PLACES.items()
    if find_spec(f"banso_web.{app}.urls")
]
urlpatterns.append(path("login/", include("banso_web.members.login_urls")))

handler400 = "banso_web.core.views.bad_request"
handler404 = "banso_web.core.views.not_found"
handler403 = "banso_web.core.views.forbidden"
handler500 = "banso_web.core.views.server_error"
