"""What health says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.periodic import Periodic
from banso_web.core.registry import CustomerPart, NavEntry, TimelineSource, registry
from banso_web.health import imports as imports
from banso_web.health import projection as projection
from banso_web.health import rules
from banso_web.health.actions.hearing import heard
from banso_web.health.jobs import keep_nightly, keep_on
from banso_web.health.metrics import register_all
from banso_web.health.personal import FIELDS
from banso_web.health.reads.customer import health_block
from banso_web.health.reads.sentiment import sentiment_entries

register_all()
rules.declare_all()
registry.personal += FIELDS
registry.timeline.append(TimelineSource("sentiment", sentiment_entries))
registry.customer_parts.append(CustomerPart("health", 5, "health/_block.html", health_block))
registry.after_publish.append(heard)
registry.periodic.append(Periodic("health.keep", keep_nightly.enqueue, at_hour=5))
registry.periodic.append(Periodic("health.keep_on", keep_on.enqueue, every="hour"))
registry.nav.append(
    NavEntry("health", _("ヘルスの動き"), "health_moved", "usage", order=12, permission="account.view", reading="へるすのうごき くいちがい")
)  # fmt: skip
registry.field_words.setdefault("mark", _("担当所感"))
registry.settings_pages.append(
    NavEntry(
        "health_cards",
        _("スコアカード"),
        "health_cards",
        "health",
        order=30,
        permission="settings.edit",
        text=_("ヘルスの重み、曲線、区分を決め、公開の前に全顧客で試す"),
        reading="すこあかーど へるす",
    )
)
registry.nav.append(
    NavEntry(
        "backtests", _("バックテスト"), "backtests_standard", "kpi", group="numbers", order=470, permission="revenue.view", reading="ばっくてすと へるす よそく"
    )
)  # fmt: skip
