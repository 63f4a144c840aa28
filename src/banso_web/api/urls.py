from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from banso_web.api.docs import docs
from banso_web.api.guard import missing
from banso_web.api.service import api
from banso_web.api.views import accounts, belongings, metrics, organisation

for _router in (accounts.router, belongings.router, metrics.router, organisation.router):
    api.add_router("", _router)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/docs", docs, name="api_docs"),
    path("api/v1/", api.urls),
    re_path(r"^api/(?P<path>.*)$", missing),
]
