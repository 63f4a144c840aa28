"""How long usage events are kept, by Japan's day on which they happened; for ever where nobody chose a time."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext_lazy

from banso_web.core import clock, settings_store
from banso_web.core.registry import Retained, registry
from banso_web.core.retention import declare_days
from banso_web.warehouse.store import event_store

EVENTS = "retention.event_days"
OLD = "SELECT count(*) FROM events WHERE local_day < $1"


def declare_settings() -> None:
    """The setting and its class; 0 keeps for ever."""
    declare_days(
        EVENTS,
        gettext_lazy("利用イベントを残す日数"),
        gettext_lazy(
            "利用のあった日から数えます。過ぎたものは毎日の処理で消えます。0は期限なしです。約200日より短くすると、利用低下を判定できない顧客が出ます。"
        ),
        0,
    )
    registry.retained.append(Retained("events", gettext_lazy("利用イベント"), EVENTS, _waiting, _old_events))


def _limit() -> date | None:
    days = int(settings_store.get(EVENTS))
    return clock.today() - timedelta(days=days) if days else None


def _waiting() -> int:
    if (limit := _limit()) is None:
        return 0
    ((waiting,),) = event_store().query(OLD, [limit], last=limit)
    return int(waiting)


def _old_events() -> int:
    return event_store().forget_before(limit) if (limit := _limit()) else 0
