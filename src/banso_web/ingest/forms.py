"""Forms of the import pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class UndoForm(forms.Form):
    """Why an import is undone; a tick where something stands on it."""

    reason = forms.CharField(label=_("取り消す理由"), max_length=500, help_text=_("監査ログに残ります。"))
    accept = forms.BooleanField(label=_("上の一覧を確かめました。それでも取り消します。"))

    def __init__(self, *args: Any, standing: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not standing:
            del self.fields["accept"]


class FileForm(forms.Form):
    """What one uploaded file holds, and where its header stands."""

    kind = forms.ChoiceField(label=_("何のファイルですか"))
    sheet = forms.ChoiceField(label=_("シート"), required=False)
    header_row = forms.IntegerField(
        label=_("見出しの行"),
        required=False,
        min_value=1,
        max_value=1_000,
        help_text=_("空欄なら自動で探します。"),
    )

    def __init__(
        self, kinds: Sequence[Any], sheets: Sequence[tuple[str, Any]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        if len(sheets) > 1:
            self.fields["sheet"].choices = sheets  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]


class KnownForm(forms.Form):
    """Since when the company knew what the files say without a 把握日時."""

    known = forms.ChoiceField(
        label=_("把握日時がない行は、いつ分かったことにしますか"),
        widget=forms.RadioSelect,
        choices=(
            ("now", _("取り込んだ今(これから分かったこととして扱います)")),
            ("effective", _("起きた日(過去の資料をまとめて入れるとき。「仮定」と表示します)")),
        ),
        initial="now",
    )
