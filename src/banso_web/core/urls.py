from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.core.views import audit, display, errors, saved, settings, styleguide, words

urlpatterns: list[URLPattern] = [
    path("health", errors.health, name="health"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
    path("glossary/", words.glossary, name="glossary"),
    path("search", words.search, name="search"),
    path("views/save/", saved.save, name="view_save"),
    path("views/<int:view_id>/", saved.change, name="view_change"),
    path("audit/", audit.log, name="audit"),
    path("audit/export.csv", audit.log_csv, name="audit_csv"),
    path("settings/", settings.index, name="settings"),
    path("settings/display/", display.display_settings, name="settings_display"),
    path("settings/organisation/", settings.organisation, name="settings_organisation"),
    path("settings/history/<str:key>/", settings.history, name="settings_history"),
    path("settings/closures/", settings.closures, name="settings_closures"),
    path(
        "settings/closures/<int:closure_id>/remove/", settings.closure_remove, name="settings_closure_remove"
    ),
    path("settings/setup/", settings.setup, name="settings_setup"),
    path("settings/yearly", settings.yearly, name="settings_yearly"),
]
