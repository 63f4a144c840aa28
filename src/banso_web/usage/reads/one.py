"""The numbers of one customer: active users against seats, core features used and not used, and what to advise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from banso.usage import Advice, advise
from banso_web.accounts.access import access_account
from banso_web.core.facts import Asked
from banso_web.core.ui.figures import Figure
from banso_web.usage.reads.adoption import MONTH, AccountUse, adoption
from banso_web.usage.reads.beginnings import Beginnings, beginnings
from banso_web.usage.reads.definitions import FeatureLine
from banso_web.usage.words import FORMS, USE_REASONS

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: A rate of fewer seats or features is 参考.
FEW = 5


@dataclass(frozen=True)
class CoreLine:
    """A core feature of the customer's plan. `last` None: not used in the month."""

    feature: FeatureLine
    users: int | None
    events: int | None
    last: date | None


@dataclass(frozen=True)
class AdviceCard:
    """`number` with its period and rule, for the reader; `text` for the customer, to be edited before it is sent."""

    name: str
    number: str
    first: date
    last: date
    rule: str
    link: str
    text: str


@dataclass(frozen=True)
class OneUse:
    """A customer's numbers as its page and the page of its rows show them."""

    use: AccountUse
    figures: Sequence[Figure]
    core: Sequence[CoreLine]
    cards: Sequence[AdviceCard]
    began: Beginnings
    has_definitions: bool

    @property
    def form_word(self) -> Any:
        return FORMS.get(self.use.form, "")

    @property
    def reason_word(self) -> Any:
        return USE_REASONS.get(self.use.reason, "")

    @property
    def people_reason_word(self) -> Any:
        return USE_REASONS.get(self.use.people_reason, "")

    @property
    def seats_word(self) -> Any:
        return {"usage": _("利用のファイルの席数"), "contract": _("有効な契約の席数")}.get(
            self.use.seats_from, ""
        )


def one_use(member: Member, account_id: int, asked: Asked) -> OneUse | None:
    """None where nothing is known of the customer's use and no contract is in force. 404 for one that is not to be seen."""
    access_account(member, account_id)
    found = adoption(asked, ids=[account_id])
    use = found.rows.get(account_id)
    if use is None:
        return None
    by_code = {line.code: line for line in found.features}
    core = [_core_line(by_code[code], use) for code in use.core or ()]
    return OneUse(
        use=use,
        figures=_figures(use, reverse("usage_account", args=[account_id])),
        core=core,
        cards=_cards(use, by_code, asked),
        began=beginnings(asked, account_id, found.features),
        has_definitions=bool(found.features),
    )


def _core_line(line: FeatureLine, use: AccountUse) -> CoreLine:
    told = use.features.get(line.code)
    return CoreLine(
        line, told.users if told else None, told.events if told else None, told.last if told else None
    )


def _figures(use: AccountUse, url: str) -> list[Figure]:
    rate, found = use.rate, use.breadth
    why = use.reason
    whole = len(found.used) + len(found.unused) if found else 0
    people_why = str(USE_REASONS.get(use.people_reason, ""))
    note = str(FORMS["daily"]) if use.form == "daily" else ""
    return [
        _share(_("アクティブ率"), rate.value if rate else None, use.rate_reason, "active_rate", f"{url}#rate", small=(use.seats or FEW) < FEW,
               note=_("席数を超える利用") if rate and rate.over_seats else note),
        _share(_("利用の広がり"), found.value if found else None, use.breadth_reason, "adoption_breadth", f"{url}#breadth", small=0 < whole < FEW,
               note=f"{len(found.used)}/{whole}" if found and found.value is not None else ""),
        Figure(_("利用者(30日)"), None if why else use.month, digits=0 if use.form == "events" else 1,
               state="not_computable" if why or use.month is None else "", reason=str(USE_REASONS.get(why, "")), note=note,
               metric="users", rows_url=f"{url}#rate"),
        Figure(_("定着率(日 ÷ 30日)"), use.stickiness, "pct", digits=1, state="" if use.stickiness is not None else "not_computable",
               reason=people_why, metric="stickiness", rows_url=f"{url}#people"),
        Figure(_("深さ(1人あたりのイベント)"), use.depth, digits=1, state="" if use.depth is not None else "not_computable",
               reason=people_why, metric="depth", rows_url=f"{url}#people"),
    ]  # fmt: skip


def _share(label: str, value: Any, why: str, metric: str, url: str, *, small: bool, note: str) -> Figure:
    state, reason = ("", "") if value is not None else ("not_computable", str(USE_REASONS.get(why, "")))
    return Figure(
        label, value, "pct", digits=1, state=state, reason=reason, metric=metric, rows_url=url, small=small and value is not None, note=note
    )  # fmt: skip


def _cards(use: AccountUse, by_code: Mapping[str, FeatureLine], asked: Asked) -> list[AdviceCard]:
    """None where nothing is known of the use: silence of a source is no reason to advise anybody."""
    if use.reason or use.core is None or use.began is None:
        return []
    events = {code: told.events if told.events is not None else 1 for code, told in use.features.items()}
    days = (asked.as_of - use.began).days + 1
    rules = [by_code[code].rule for code in use.core]
    return [
        _card(card, by_code) for card in advise(events, rules, asked.as_of, days=days, plan_features=use.core)
    ]


def _card(card: Advice, by_code: Mapping[str, FeatureLine]) -> AdviceCard:
    line = by_code[card.feature]
    other = by_code.get(card.instead or "")
    if other is not None and card.count is not None:
        number = _("%(name)s 未使用・%(other)s %(count)s件") % {
            "name": line.name,
            "other": other.name,
            "count": f"{card.count:,}",
        }
        rule = _("「%(name)s」が使われず、「%(other)s」が %(least)s 件以上のとき") % {"name": line.name, "other": other.name, "least": card.rule.at_least}  # fmt: skip
    else:
        number = _("%(name)s 0件") % {"name": line.name}
        rule = _("プランのコア機能「%(name)s」が使われていないとき") % {"name": line.name}
    return AdviceCard(line.name, number, card.first, card.last, rule, line.link, _text(line))


def _text(line: FeatureLine) -> str:
    """To the customer, without what was seen of their use."""
    told = line.advice or _(
        "「%(name)s」という機能をご用意しています。日々の作業の助けになるかもしれません。"
    ) % {"name": line.name}
    parts = [
        _("いつもご利用いただき、ありがとうございます。"),
        told,
        _("使い方のご案内: %(link)s") % {"link": line.link} if line.link else "",
        _("ご不明な点がございましたら、お気軽にお知らせください。"),
    ]
    return "\n".join(part for part in parts if part)


__all__ = ["FEW", "MONTH", "AdviceCard", "CoreLine", "OneUse", "one_use"]
