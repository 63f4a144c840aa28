from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.core import views

urlpatterns: list[URLPattern] = [
    path("health", views.health, name="health"),
]
