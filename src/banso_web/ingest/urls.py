from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.ingest.views import files, listing, mapping, preview, runs

urlpatterns: list[URLPattern] = [
    path("imports/", listing.imports, name="imports"),
    path("imports/new/", files.import_new, name="import_new"),
    path("imports/columns/", listing.columns, name="import_columns"),
    path("imports/columns/<str:kind>.csv", listing.template_csv, name="import_template"),
    path("imports/<int:run_id>/", runs.import_run, name="import_run"),
    path("imports/<int:run_id>/files/", files.import_files, name="import_files"),
    path("imports/<int:run_id>/files/<int:at>/columns/", mapping.import_mapping, name="import_mapping"),
    path("imports/<int:run_id>/preview/", preview.import_preview, name="import_preview"),
    path("imports/<int:run_id>/confirm/", runs.confirm, name="import_confirm"),
    path("imports/<int:run_id>/resume/", runs.resume, name="import_resume"),
    path("imports/<int:run_id>/drop/", runs.drop, name="import_drop"),
    path("imports/<int:run_id>/undo/", runs.undo, name="import_undo"),
    path("imports/<int:run_id>/rows/", runs.rows, name="import_rows"),
    path("imports/<int:run_id>/rows.csv", runs.rows_csv, name="import_rows_csv"),
]
