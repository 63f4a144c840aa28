"""機能の定義: features are made, changed, taken out of use, and any of it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso.usage import EventRule
from banso_web.usage.actions import defining
from banso_web.usage.actions.defining import require as require
from banso_web.usage.models import Feature

if TYPE_CHECKING:
    from banso_web.members.models import Member

Values = dict[str, Any]
MOST_RULES, MOST_VALUES = 50, 50


def cleaned(values: Mapping[str, Any], feature_id: int | None = None) -> Values:
    """The values as a version keeps them; Refused with a message per field. `feature_id`: the one that may keep its name."""
    name, wrong = str(values.get("name", "")).strip(), {}
    others = Feature.objects.filter(live=True).exclude(pk=feature_id or 0)
    if not name or len(name) > 100:
        wrong["name"] = _("機能の名前を100文字までで入れてください。")
    elif others.filter(name=name).exists():
        wrong["name"] = _("同じ名前の機能があります。別の名前にしてください。")
    try:
        rules = _rules(values.get("rules") or ())
    except ValueError as problem:
        rules, wrong["rules"] = [], str(problem)
    instead = str(values.get("instead") or "").strip()
    if instead and not others.filter(code=instead).exists():
        wrong["instead"] = _("比べる機能が見つかりません。一覧から選んでください。")
    at_least = values.get("at_least") or 1
    if not isinstance(at_least, int) or not 1 <= at_least < 2**31:
        wrong["at_least"] = _("1 以上の整数を入れてください。")
    link = str(values.get("link") or "").strip()
    if link and (not link.startswith(("https://", "http://")) or len(link) > 500):
        wrong["link"] = _("https:// で始まるアドレスを入れてください。")
    if wrong:
        raise defining.wrong(wrong)
    return {
        "name": name,
        "core": bool(values.get("core")),
        "plans": [list(pair) for pair in sorted({(str(product)[:200], str(plan)[:200]) for product, plan in values.get("plans") or ()})],
        "rules": rules,
        "instead": instead,
        "at_least": at_least,
        "link": link,
        "advice": str(values.get("advice") or "").strip()[:1000],
    }  # fmt: skip


def _rules(given: Sequence[Mapping[str, Any]]) -> list[Values]:
    if not given:
        raise ValueError(_("イベント名を1つ以上入れてください。"))
    if len(given) > MOST_RULES:
        raise ValueError(_("1つの機能のイベントは %(most)s 行までです。") % {"most": MOST_RULES})
    found = []
    for one in given:
        name, key = str(one.get("name", "")).strip()[:200], str(one.get("property", "")).strip()[:100]
        accepted = dict.fromkeys(
            text.strip()[:200] for text in map(str, one.get("values") or ()) if text.strip()
        )
        if len(accepted) > MOST_VALUES:
            raise ValueError(_("1行の値は %(most)s 個までです。") % {"most": MOST_VALUES})
        try:
            rule = EventRule(name, bool(one.get("starts")), key, tuple(accepted))
        except ValueError:
            raise ValueError(
                _("イベント名を入れてください。プロパティを使う行には、値も入れてください。")
            ) from None
        found.append(
            {
                "name": rule.name,
                "starts": rule.starts,
                "property": rule.property,
                "values": list(rule.values),
            }
        )
    return found


def save_feature(
    values: Mapping[str, Any],
    *,
    actor: Member | None,
    feature_id: int | None = None,
    seen: int | None = None,
    code: str = "",
    reason: str = "",
) -> int:
    """Make a feature, or state it anew for all of history; gives its id. Nothing is written where nothing differs.

    `seen`: the entry the form was made from; Conflict where somebody else saved meanwhile. `code`: its own id, made where empty.
    """
    return defining.save(
        defining.FEATURE,
        lambda: cleaned(values, feature_id),
        actor=actor,
        row_id=feature_id,
        seen=seen,
        code=code,
        reason=reason,
    )


def retire_feature(feature_id: int, *, actor: Member) -> int:
    """Take a feature out of use: nothing counts for it any more, its versions stay. Gives the entry, which can be undone."""
    return defining.retire(defining.FEATURE, feature_id, actor=actor)


def undo_feature(feature_id: int, entry_id: int, *, actor: Member) -> None:
    """Take the latest change of a feature back. Refused where a later one stands on it."""
    defining.undo(defining.FEATURE, feature_id, entry_id, actor=actor)
