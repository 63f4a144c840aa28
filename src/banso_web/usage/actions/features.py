"""機能の定義: features are made, changed, taken out of use, and any of it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso.usage import EventRule
from banso_web.accounts.actions.stating import latest, require_latest
from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import new_entry, project, void, write_state
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.models import Entry
from banso_web.usage.models import Feature

if TYPE_CHECKING:
    from banso_web.members.models import Member

Values = dict[str, Any]
MOST_RULES, MOST_VALUES = 50, 50
SAVE, RETIRE = "feature.save", "feature.retire"


def require(actor: Member | None) -> None:
    """403 without the right to settings; None is the command line."""
    if actor is not None and not actor.may("settings.edit"):
        raise Forbidden(_("機能の定義を変えられるのは、設定を変えられる人です。何も変えていません。"))


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
        raise Refused(
            _("保存していません。赤い項目を直してください。"), code="invalid", fields=wrong
        )  # fmt: skip
    return {
        "name": name,
        "core": bool(values.get("core")),
        "plans": sorted({(str(product)[:200], str(plan)[:200]) for product, plan in values.get("plans") or ()}),
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
    require(actor)
    new = cleaned(values, feature_id)
    with transaction.atomic():
        row = _row(feature_id, code)
        require_latest(Feature.STATE, row.pk, seen)
        old = {name: getattr(row, name) for name in Feature.STATE_FIELDS} if row.live else {}
        new = {**new, "plans": [list(pair) for pair in new["plans"]]}
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        if row.live and not changed:
            return row.pk
        with new_entry(label=SAVE, reason=reason, actor=actor) as entry:
            write_state(Feature.STATE, row.pk, {**new, WITHDRAWN: False}, entry=entry)
            audit.record(
                SAVE,
                actor=actor,
                subject="feature",
                subject_id=row.pk,
                label=new["name"],
                old={name: old[name] for name in changed if name in old},
                new=changed,
                reason=reason,
                entry=entry,
            )
    project(Feature.STATE, [row.pk], entry=entry)
    count_again(row.pk)
    return row.pk


def _row(feature_id: int | None, code: str) -> Feature:
    if feature_id is not None:
        row = Feature.objects.select_for_update().filter(pk=feature_id).first()
        if row is None:
            raise NotVisible
        return row
    if code:
        return Feature.objects.select_for_update().get_or_create(code=code)[0]
    newest = Feature.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return Feature.objects.create(code=f"f{newest + 1}")


def retire_feature(feature_id: int, *, actor: Member) -> int:
    """Take a feature out of use: nothing counts for it any more, its versions stay. Gives the entry, which can be undone."""
    require(actor)
    row = Feature.objects.filter(pk=feature_id, live=True).first()
    if row is None:
        raise NotVisible
    with new_entry(label=RETIRE, actor=actor) as entry:
        write_state(Feature.STATE, row.pk, {WITHDRAWN: True}, entry=entry)
        audit.record(
            RETIRE, actor=actor, subject="feature", subject_id=row.pk, label=row.name, old={"name": row.name}, entry=entry
        )  # fmt: skip
    project(Feature.STATE, [row.pk], entry=entry)
    return entry.pk


def undo_feature(feature_id: int, entry_id: int, *, actor: Member) -> None:
    """Take the latest change of a feature back. Refused where a later one stands on it."""
    require(actor)
    row = Feature.objects.filter(pk=feature_id).first()
    entry = Entry.objects.filter(pk=entry_id, label__in=(SAVE, RETIRE)).exclude(seq=None).first()
    if row is None or entry is None or latest(Feature.STATE, feature_id) != entry.pk:
        raise Refused(
            _("この変更のあとに、別の変更が保存されています。先にそちらを元に戻すか、編集で直してください。"),
            code="stands_on_it",
        )
    with transaction.atomic():
        void(entry, actor=actor, reason="undo")
        audit.record(
            "feature.undo", actor=actor, subject="feature", subject_id=row.pk, label=row.name, new={"action": entry.label}, entry=entry
        )  # fmt: skip
    project(Feature.STATE, [row.pk])
    Entry.objects.filter(pk=entry.pk).update(projected=True)
    count_again(row.pk)


def count_again(feature_id: int) -> None:
    """The worker counts all of history as the feature is defined now."""
    from banso_web.usage.jobs import keep_feature

    transaction.on_commit(lambda: keep_feature.enqueue(feature_id))
