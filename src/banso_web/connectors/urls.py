from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.connectors import views

urlpatterns: list[URLPattern] = [
    path("settings/sources/tables/new/", views.new, name="table_new"),
    path("settings/sources/tables/<int:source_id>/", views.one, name="table"),
    path("settings/sources/tables/<int:source_id>/reading/", views.set_reading, name="table_reading"),
    path("settings/sources/tables/<int:source_id>/connection/", views.connect, name="table_connection"),
    path("settings/sources/tables/<int:source_id>/read/", views.read_now, name="table_read"),
]
