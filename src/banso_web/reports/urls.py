from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.reports.views import board, closing, cohorts, expected, kpi, ltv, nrr, retention, rows

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
    path("numbers/cohorts/", cohorts.cohort_page, name="cohorts"),
    path("numbers/cohorts/rows/", cohorts.cohort_rows, name="cohort_rows"),
    path("numbers/retention/", retention.retention_page, name="retention_curves"),
    path("numbers/retention/rows/", retention.retention_rows, name="retention_rows"),
    path("numbers/ltv/", ltv.ltv_page, name="ltv"),
    path("numbers/ltv/expected/", expected.expected_page, name="ltv_expected"),
    path("numbers/ltv/expected/rows/", expected.expected_rows, name="ltv_expected_rows"),
    path("numbers/ltv/save/", ltv.save, name="ltv_save"),
    path("numbers/ltv/<int:scenario_id>/delete/", ltv.delete, name="ltv_delete"),
    path("numbers/closing/", closing.closing_page, name="closing"),
    path("numbers/closing/close/", closing.close, name="closing_close"),
    path("numbers/closing/<int:closing_id>/reopen/", closing.reopen, name="closing_reopen"),
    path("numbers/closing/<int:closing_id>/bridge/", closing.bridge, name="closing_bridge"),
]
