from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from banso_web.api.docs import docs
from banso_web.api.facts import views as facts
from banso_web.api.guard import missing
from banso_web.api.service import api
from banso_web.api.views import (
    accounts,
    backtests,
    belongings,
    calendar,
    closings,
    dated,
    deeds,
    entering,
    following,
    health,
    identities,
    imports,
    keys,
    merging,
    metrics,
    organisation,
    recipes,
    revenue,
    targets,
    usage,
)

for _nouns in (
    accounts, belongings, deeds, dated, calendar, metrics, revenue, closings, targets, imports, recipes, entering, merging, organisation, keys, usage, identities, following, backtests, health,
):  # fmt: skip
    api.add_router("", _nouns.router)
api.add_router("", facts.router())

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/docs", docs, name="api_docs"),
    path("api/v1/", api.urls),
    re_path(r"^api/(?P<path>.*)$", missing),
]
