from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from banso_web.api.docs import docs
from banso_web.api.guard import missing
from banso_web.api.service import api
from banso_web.api.views import (
    accounts,
    belongings,
    closings,
    imports,
    merging,
    metrics,
    organisation,
    revenue,
    targets,
)

for _nouns in (accounts, belongings, metrics, revenue, closings, targets, imports, merging, organisation):
    api.add_router("", _nouns.router)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/docs", docs, name="api_docs"),
    path("api/v1/", api.urls),
    re_path(r"^api/(?P<path>.*)$", missing),
]
