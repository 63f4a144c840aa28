from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.reports.views import board, kpi, nrr, rows

urlpatterns: list[URLPattern] = [
    path("numbers/", board.kpi_board, name="kpi"),
    path("numbers/rows/", rows.metric_rows, name="kpi_rows"),
    path("numbers/kpi/<slug:metric>/", kpi.detail, name="kpi_detail"),
    path("numbers/kpi/<slug:metric>/target/", kpi.target, name="kpi_target"),
    path("numbers/kpi/<slug:metric>/measure/", kpi.measure, name="kpi_measure"),
    path("numbers/targets/<int:target_id>/withdraw/", kpi.target_withdraw, name="kpi_target_withdraw"),
    path("numbers/measures/<int:measure_id>/done/", kpi.measure_done, name="kpi_measure_done"),
    path("numbers/measures/<int:measure_id>/withdraw/", kpi.measure_withdraw, name="kpi_measure_withdraw"),
    path("numbers/nrr/", nrr.waterfall_page, name="nrr"),
]
