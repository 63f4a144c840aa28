from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.health.views import one

urlpatterns: list[URLPattern] = [
    path("health/<int:account_id>/signals/<slug:signal>/", one.rows, name="health_rows"),
    path("health/<int:account_id>/sentiment/", one.sentiment, name="sentiment"),
    path(
        "health/<int:account_id>/sentiment/<int:sentiment_id>/void/",
        one.sentiment_void,
        name="sentiment_void",
    ),
]
