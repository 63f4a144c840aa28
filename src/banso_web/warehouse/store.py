"""The event store of this installation: callers know its promises (`port`), not its engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from banso_web.warehouse.embedded import EmbeddedStore
from banso_web.warehouse.models import EventBatch, EventSegment
from banso_web.warehouse.port import EventStore, StoreUnavailable

if TYPE_CHECKING:
    from banso_web.warehouse.clickhouse import ClickHouseStore

SCHEMES = ("clickhouse", "http", "https", "chdb")


def event_store() -> EventStore:
    """The store that BANSO_EVENTS_URL names; the embedded one where it is empty. StoreUnavailable where that cannot be."""
    url = settings.BANSO_EVENTS_URL
    return clickhouse_at(url) if url else EmbeddedStore()


def clickhouse_at(url: str) -> ClickHouseStore:
    """The ClickHouse at an address. StoreUnavailable where that cannot be."""
    if url.partition("://")[0] not in SCHEMES:
        raise StoreUnavailable(
            _(
                "BANSO_EVENTS_URL は clickhouse://、http://、https:// のどれかで始めてください。イベントは手元のログで待っています。"
            )
        )
    try:
        from banso_web.warehouse.clickhouse import ClickHouseStore
    except ImportError as missing:
        raise StoreUnavailable(
            _(
                "BANSO_EVENTS_URL は ClickHouse を指していますが、つなぐための部品(%(name)s)がありません。pip install 'banso[clickhouse]' で入れてください。イベントは手元のログで待っています。"
            )
            % {"name": missing.name}
        ) from missing
    return ClickHouseStore(url)


def unmoved() -> str:
    """What to do about events in this home's files where another store is chosen; "" where there are none."""
    if settings.BANSO_EVENTS_URL and EventSegment.objects.filter(retired_at=None).exists():
        return _(
            "この場所のファイルに、まだ ClickHouse に移していないイベントがあります。banso events move で移してください。"
        )
    return ""


def left_behind() -> str:
    """What to do about events in the store that is not chosen; "" where there are none."""
    if not settings.BANSO_EVENTS_URL and EventBatch.objects.filter(state=EventBatch.State.SETTLED).exists():
        return _(
            "ClickHouse に入れたイベントは、BANSO_EVENTS_URL がないと見えません。もう一度設定するか、banso events move --from でこの場所に戻してください。"
        )
    return unmoved()
