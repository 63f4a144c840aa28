from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.health.views import backtests, cards, change, moved, one

urlpatterns: list[URLPattern] = [
    path("health/", moved.moved, name="health_moved"),
    path("health/backtests/", backtests.backtests, name="backtests_standard"),
    path("health/backtests/<slug:card>/", backtests.backtests, name="backtests"),
    path("health/<int:account_id>/signals/<str:signal>/", one.rows, name="health_rows"),
    path("health/<int:account_id>/sentiment/", one.sentiment, name="sentiment"),
    path(
        "health/<int:account_id>/sentiment/<int:sentiment_id>/void/",
        one.sentiment_void,
        name="sentiment_void",
    ),
    path("health/<int:account_id>/change/", change.between, name="health_change"),
    path("settings/scorecards/", cards.listing, name="health_cards"),
    path("settings/scorecards/new/", cards.edit, name="health_card_new"),
    path("settings/scorecards/<str:scorecard>/", cards.edit, name="health_card"),
    path("settings/scorecards/<str:scorecard>/text/", cards.text, name="health_card_text"),
    path("settings/scorecards/<str:scorecard>/retire/", cards.card_retire, name="health_card_retire"),
    path(
        "settings/scorecards/<str:scorecard>/undo/<int:entry_id>/", cards.card_undo, name="health_card_undo"
    ),
]
