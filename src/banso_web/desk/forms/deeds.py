"""What the forms of a customer's page share: days, when it was known, the reason, and the version they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.accounts.actions.stating import Times
from banso_web.core import clock
from banso_web.core.days import DayField

if TYPE_CHECKING:
    pass


class DeedForm(forms.Form):
    """A deed with its two times. Subclasses name their own fields in `OWN`; `values` gives them to the action."""

    OWN: tuple[str, ...] = ()
    FOLDED: tuple[str, ...] = ("recorded_on", "reason")

    recorded_on = DayField(
        label=_("いつ分かりましたか"),
        required=False,
        help_text=_("空なら今日です。過去の数字を「その時点で分かっていたこと」で見るときに使います。"),
    )
    reason = forms.CharField(label=_("メモ(監査ログに残ります)"), required=False, max_length=300)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, seen: Any = "", **options: Any) -> None:
        options["initial"] = {"seen": seen, **options.get("initial", {})}
        options.setdefault("label_suffix", "")
        super().__init__(data, **options)
        names = [*self.OWN, *(name for name in self.fields if name not in self.OWN)]
        self.order_fields(names)

    @property
    def times(self) -> Times:
        return Times(
            self.cleaned_data.get("valid_from"),
            self.cleaned_data.get("recorded_on"),
            self.cleaned_data.get("reason", ""),
        )

    @property
    def seen_entry(self) -> int | None:
        text = self.cleaned_data.get("seen") or ""
        return int(text) if text.isdecimal() else None

    def values(self) -> dict[str, Any]:
        """The form's own fields under the names of the action."""
        return {name: self.cleaned_data[name] for name in self.OWN if name in self.cleaned_data}

    def shown_name(self, field: str) -> str:
        """The form's field for a field of the action (errors are told beside it)."""
        return field

    def own_fields(self) -> list[Any]:
        """What is filled in; the times and the reason follow, folded."""
        return [self[name] for name in self.fields if name not in (*self.FOLDED, "seen")]

    def time_fields(self) -> list[Any]:
        return [self[name] for name in self.FOLDED if name in self.fields]


class ConfirmForm(DeedForm):
    """A deed that only asks whether, and why (taking a touch or a movement out)."""


def today_text() -> str:
    return clock.today().isoformat()
