"""The organisation's own settings: declared by apps with a default and a check, versioned, audited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction

from banso_web.core import audit, clock
from banso_web.core.errors import Refused
from banso_web.core.facts import new_entry, states_at, write_state
from banso_web.core.models import Setting
from banso_web.core.registry import registry

if TYPE_CHECKING:
    from banso_web.members.models import Member


@dataclass(frozen=True)
class SettingSpec:
    """One setting. `kind`: text, number, percent, choice, many, bool, days, json. `clean` gives the stored value or raises
    ValueError. `many` keeps a list; `options` names what may be chosen where that is not fixed at start-up.
    """

    key: str
    label: Any
    help: Any
    default: Any
    kind: str = "text"
    choices: tuple[tuple[str, Any], ...] = ()
    clean: Callable[[Any], Any] | None = None
    group: str = "general"
    options: Callable[[], Iterable[tuple[str, Any]]] | None = None
    guide: tuple[
        Any, ...
    ] = ()  # what it means and how it is changed, in paragraphs, folded away beside the field
    counted: bool = False  # a counting rule: its versions are dated states, so that a watermark pins it too

    def chosen_from(self) -> list[tuple[str, Any]]:
        """(stored value, its word) of a choice."""
        return list(self.options() if self.options else self.choices)


def declare(spec: SettingSpec) -> None:
    registry.settings[spec.key] = spec


SUBJECT = "setting"  # counted settings are states of this one subject


def rule(key: str, *, as_of: date, watermark: int) -> Any:
    """A counting rule as it stood at a watermark, for a day: the same question gives the same answer for ever."""
    return rules_of([key], as_of=as_of, watermark=watermark)[key]


def rules_of(keys: Iterable[str], *, as_of: date, watermark: int) -> dict[str, Any]:
    """Several counting rules at once. One query."""
    stated = states_at(SUBJECT, as_of=as_of, watermark=watermark, ids=[0]).get(0, {})
    return {key: stated.get(key, registry.settings[key].default) for key in keys}


def get(key: str, *, as_of: date | None = None) -> Any:
    """The value of a setting (on a day, where it has a history), or its default."""
    spec: SettingSpec = registry.settings[key]
    rows = Setting.objects.filter(key=key).order_by("-id")
    if as_of is not None:
        rows = rows.exclude(effective_on__gt=as_of)
    value = rows.values_list("value", flat=True).first()
    return spec.default if value is None else value


def put(
    key: str, value: Any, *, actor: Member | None, effective_on: date | None = None, reason: str = ""
) -> None:
    """Store a new version of a setting and audit it, all or nothing. Refuses what the setting's own check refuses."""
    spec: SettingSpec = registry.settings[key]
    try:
        cleaned = spec.clean(value) if spec.clean else value
    except ValueError as problem:
        raise Refused(str(problem), code="bad_setting", fields={key: str(problem)}) from problem
    old = get(key)
    if old == cleaned:
        return
    with transaction.atomic():
        if spec.counted:
            with new_entry(label=f"setting:{key}", reason=reason, actor=actor) as entry:
                write_state(SUBJECT, 0, {key: cleaned}, entry=entry, valid_from=effective_on)
        Setting.objects.create(
            key=key, value=cleaned, effective_on=effective_on, set_at=clock.now(), actor=actor
        )
        audit.record(
            "setting.change",
            actor=actor,
            subject="setting",
            label=key,
            old={key: old},
            new={key: cleaned},
            reason=reason,
        )
