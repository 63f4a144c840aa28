"""What every page's frame needs: the rail, 基準日, the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from banso.periods import fiscal_period
from banso_web.core import clock
from banso_web.core.facts import Memo
from banso_web.core.models import Entry
from banso_web.core.organisation import fiscal_month, organisation_name
from banso_web.core.registry import NavEntry, registry
from banso_web.core.ui import display
from banso_web.core.ui.links import hidden_pairs, keep_question

# The rail from top to bottom: (group key, heading). Entries without a group stand above all, without a heading.
GROUPS: tuple[tuple[str, Any], ...] = (
    ("", ""),
    ("work", _("仕事")),
    ("numbers", _("数字")),
    ("health", _("ヘルス")),
    ("usage", _("利用")),
    ("voice", _("お客様の声")),
    ("programs", _("施策")),
    ("team", _("チーム")),
    ("data", _("データ")),
    ("settings", _("設定")),
)


@dataclass(frozen=True)
class RailLink:
    label: Any
    url: str
    icon: str
    current: bool


@dataclass(frozen=True)
class RailGroup:
    heading: Any
    links: list[RailLink]


def visible_entries(request: HttpRequest) -> list[tuple[NavEntry, str]]:
    """Entries this reader may use, with their addresses, in order. An entry without a page here is left out."""
    return _allowed(request, registry.nav)


def settings_entries(request: HttpRequest) -> list[tuple[NavEntry, str]]:
    """The same of the further pages that the settings page links to."""
    return _allowed(request, registry.settings_pages)


def _allowed(request: HttpRequest, entries: Sequence[NavEntry]) -> list[tuple[NavEntry, str]]:
    member = getattr(request, "user", None)
    if member is None or not member.is_authenticated:
        return []
    found = []
    for entry in sorted(entries, key=lambda one: one.order):
        if entry.permission and not member.may(entry.permission):
            continue
        try:
            found.append((entry, reverse(entry.url_name)))
        except NoReverseMatch:
            continue
    return found


def _rail(request: HttpRequest) -> list[RailGroup]:
    entries = visible_entries(request)
    # The longest address that leads to this page is the current entry: /kpi/ltv/ is LTV, not KPI.
    leading = [
        url for _entry, url in entries if request.path == url or (url != "/" and request.path.startswith(url))
    ]
    current = max(leading, key=len, default="")
    groups: dict[str, list[RailLink]] = {}
    for entry, url in entries:
        groups.setdefault(entry.group, []).append(
            RailLink(entry.label, keep_question(url), entry.icon, url == current)
        )
    known = [RailGroup(heading, groups.pop(key)) for key, heading in GROUPS if key in groups]
    return known + [RailGroup(key, links) for key, links in groups.items()]


def _quick_days(today: date) -> list[tuple[Any, date]]:
    month_end = today.replace(day=1) - timedelta(days=1)
    year_end = fiscal_period(today, fiscal_month()).year_days[0] - timedelta(days=1)
    year_ago = today.replace(
        year=today.year - 1, day=28 if (today.month, today.day) == (2, 29) else today.day
    )
    return [(_("前月末"), month_end), (_("前年度末"), year_end), (_("1年前"), year_ago)]


_sample: Memo[bool] = Memo(4)


def holds_sample(watermark: int) -> bool:
    """Whether the sample company is in this home and was not undone; asked once per watermark and process."""
    return _sample.get(
        watermark,
        lambda: Entry.objects.filter(kind=Entry.Kind.SAMPLE, seq__lte=watermark, voided_seq=None).exists(),
    )


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame: `rail`, `asked`, `asof_changed`, `shown` (the reader's display), `in_drawer`.

    What costs a query is a function, which the template calls where it is shown: a fragment pays for none of it.
    """
    asked = getattr(request, "asked", None)
    return {
        "rail": cache(lambda: _rail(request)),
        "asked": asked,
        "asof_changed": bool(asked and not asked.is_today),
        "asof_hidden": lambda: hidden_pairs(request, *display.KEPT),
        "asof_days": lambda: _quick_days(asked.today) if asked else [],
        "organisation": cache(lambda: organisation_name() if asked else ""),
        "sample": cache(lambda: holds_sample(asked.watermark) if asked else False),
        "shown": display.current(),
        "made_at": clock.now(),
        "in_drawer": request.headers.get("X-Banso-Drawer") == "1",
    }
