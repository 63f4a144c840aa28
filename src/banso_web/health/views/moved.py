"""ヘルスの動き: who moved since the last visit and why, and whose health says otherwise than money or satisfaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso.money import from_units
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import called
from banso_web.core.facts import Asked
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import money_text, number_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.health.reads.apart import APART, Against, Apart, Mover, apart, kept_since, movers
from banso_web.health.reads.customer import steps_of
from banso_web.health.words import BAND_KEYS

if TYPE_CHECKING:
    from banso_web.members.models import Member

SEEN = "health_seen"  # in the session: [the day of the visit before this day's, this day's]
SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One customer in a table."""

    id: int
    name: str
    bands: tuple[str, str]
    values: tuple[float | None, float | None]
    lows: tuple[float | None, float | None] = (None, None)
    told: tuple[tuple[Any, Any, str], ...] = ()
    against: str = ""


@page("account.view")
def moved(request: HttpRequest) -> HttpResponse:
    """Two lists over the customers the reader may see, or their own."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    rows = visible_accounts(member)
    mine = request.GET.get("owner") == "me"
    if mine:
        rows = rows.filter(Q(owner=member) | Q(deputy=member))
    ids = list(rows.order_by().values_list("pk", flat=True))
    which = "apart" if request.GET.get("list") == "apart" else "moved"
    wished = asked.as_of - APART if which == "apart" else _last_visit(request, asked)
    since = kept_since(wished, asked)
    context: dict[str, Any] = {
        "which": which,
        "mine": mine,
        "since": since,
        "list_tabs": [
            Tab(_("前回から動いた顧客"), changed_query(request, list=None), which == "moved"),
            Tab(_("評価の食い違い"), changed_query(request, list="apart"), which == "apart"),
        ],
        "scope_tabs": [
            Tab(_("すべて"), changed_query(request, owner=None), not mine),
            Tab(_("自分の担当"), changed_query(request, owner="me"), mine),
        ],
    }
    if since is not None and which == "moved":
        found = movers(asked, since, ids, SHOWN)
        names = called([one.account_id for one in found[:SHOWN]])
        context |= {
            "total": len(found),
            "lines": [_mover(one, names[one.account_id].name, member) for one in found[:SHOWN]],
        }
    elif since is not None:
        inside, sees = set(ids), member.may("revenue.view")
        listed = [
            one
            for one in apart(asked, since)
            if one.account_id in inside and (sees or one.against is not Against.MONEY)
        ]
        names = called([one.account_id for one in listed[:SHOWN]])
        context |= {
            "total": len(listed),
            "rising": [_apart(one, names[one.account_id].name) for one in listed[:SHOWN] if one.rises],
            "falling": [_apart(one, names[one.account_id].name) for one in listed[:SHOWN] if not one.rises],
        }
    return render_page(request, "health/moved.html", context)


def _last_visit(request: HttpRequest, asked: Asked) -> date:
    """The day of the visit before, a week ago without one. Looking again on one day asks the same question; a look at another 基準日 is
    no visit, and is compared with a week before it."""
    day = asked.as_of
    if not asked.is_today:
        return day - timedelta(days=7)
    before, last = request.session.get(SEEN, ["", ""])
    if last != day.isoformat():
        before, last = last, day.isoformat()
        request.session[SEEN] = [before, last]
    return date.fromisoformat(before) if before and before < last else day - timedelta(days=7)


def _mover(one: Mover, name: str, member: Member) -> Line:
    return Line(
        one.account_id,
        name,
        (BAND_KEYS[one.before.band], BAND_KEYS[one.after.band]),
        (one.before.value, one.after.value),
        (one.before.low, one.after.low),
        steps_of(one.told, member) if one.told is not None else (),
    )


def _apart(one: Apart, name: str) -> Line:
    if one.against is Against.MONEY:
        told = f"MRR {money_text(from_units(int(one.before)))} → {money_text(from_units(int(one.after)))}"
    else:
        told = f"CSAT {number_text(one.before, 1)} → {number_text(one.after, 1)}"
    return Line(one.account_id, name, ("", ""), (one.score_before, one.score_after), against=told)
