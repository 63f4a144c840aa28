from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.core.views import display, errors, settings, styleguide, words

urlpatterns: list[URLPattern] = [
    path("health", errors.health, name="health"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
    path("glossary/", words.glossary, name="glossary"),
    path("search", words.search, name="search"),
    path("settings/", settings.index, name="settings"),
    path("settings/display/", display.display_settings, name="settings_display"),
]
