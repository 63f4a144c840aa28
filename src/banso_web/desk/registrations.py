"""What the desk says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import NavEntry, TimelineSource, registry
from banso_web.desk.reads.search import find_customers, find_people
from banso_web.revenue.reads.accounts import charge_entries, invoice_entries, movement_entries

registry.nav.append(NavEntry("home", _("ホーム"), "home", "home", order=1))
registry.nav.append(
    NavEntry("customers", _("顧客"), "customers", "customers", order=10, permission="account.view")
)
registry.nav.append(
    NavEntry("portfolio", _("ポートフォリオ"), "portfolio", "portfolio", order=11, permission="revenue.view")
)
registry.nav.append(
    NavEntry("matching", _("名寄せ"), "matching", "match", group="data", order=801, permission="merge.decide")
)
registry.searches += [find_customers, find_people]
registry.timeline.append(TimelineSource("movement", movement_entries))
registry.timeline.append(TimelineSource("charge", charge_entries))
registry.timeline.append(TimelineSource("invoice", invoice_entries))
