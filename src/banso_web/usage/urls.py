from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.usage.views import (
    adoption,
    features,
    health,
    live,
    moves,
    one,
    own_metrics,
    rejected,
    releases,
    sources,
    webhooks,
)

urlpatterns: list[URLPattern] = [
    path("usage/", moves.moves_page, name="usage_moves"),
    path("usage/detect/", moves.detect, name="usage_detect"),
    path("usage/features/<int:feature_id>/", features.one, name="usage_feature"),
    path("settings/features/", features.listing, name="features"),
    path("settings/features/new/", features.edit, name="feature_new"),
    path("settings/features/<int:feature_id>/", features.edit, name="feature_edit"),
    path("settings/features/<int:feature_id>/retire/", features.retire, name="feature_retire"),
    path("settings/features/<int:feature_id>/undo/<int:entry_id>/", features.undo, name="feature_undo"),
    path("usage/metrics/<int:metric_id>/", own_metrics.one, name="usage_metric"),
    path("settings/metrics/", own_metrics.listing, name="own_metrics"),
    path("settings/metrics/new/", own_metrics.edit, name="own_metric_new"),
    path("settings/metrics/<int:metric_id>/", own_metrics.edit, name="own_metric_edit"),
    path("settings/metrics/<int:metric_id>/retire/", own_metrics.retire, name="own_metric_retire"),
    path("settings/metrics/<int:metric_id>/undo/<int:entry_id>/", own_metrics.undo, name="own_metric_undo"),
    path("usage/adoption/", adoption.adoption_page, name="usage_adoption"),
    path("usage/<int:account_id>/", one.account, name="usage_account"),
    path("usage/<int:account_id>/snooze/", moves.snooze, name="usage_snooze"),
    path("usage/<int:account_id>/unsnooze/", moves.unsnooze, name="usage_unsnooze"),
    path("usage/alerts/<int:alert_id>/close/", moves.close, name="usage_close"),
    path("settings/releases/", releases.listing, name="releases"),
    path("settings/releases/<int:release_id>/remove/", releases.remove, name="release_remove"),
    path("settings/sources/", sources.listing, name="sources"),
    path("settings/sources/<int:source_id>/", sources.one, name="source"),
    path("settings/sources/file/health/", health.of_files, name="source_file_health"),
    path("settings/sources/<int:source_id>/health/", health.of_source, name="source_health"),
    path("settings/sources/<int:source_id>/close/", sources.close, name="source_close"),
    path("settings/sources/<int:source_id>/secret/", webhooks.renew, name="source_secret"),
    path("settings/sources/<int:source_id>/mapping/", webhooks.map_json, name="source_mapping"),
    path("settings/sources/events/", live.events, name="live_events"),
    path(
        "settings/sources/events/<int:source_id>/<int:received>/<slug:digest>/", live.event, name="live_event"
    ),
    path("settings/sources/rejected/", rejected.listing, name="rejected"),
    path("settings/sources/rejected/csv/", rejected.as_csv, name="rejected_csv"),
    path("settings/sources/rejected/all/", rejected.all_of, name="rejected_all"),
    path("settings/sources/rejected/<int:rejected_id>/", rejected.one, name="rejected_one"),
    path("settings/sources/rejected/<int:rejected_id>/aside/", rejected.put_aside, name="rejected_aside"),
]
