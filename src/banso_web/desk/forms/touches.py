"""A touch, quick to log: everything that can be chosen is one tap."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core.days import MomentField
from banso_web.desk.forms.deeds import DeedForm
from banso_web.touch.words import INITIATIVES, KINDS


class TouchForm(DeedForm):
    OWN = ("kind", "initiative", "contacts", "subject", "note", "at", "member")
    FOLDED = ("member", *DeedForm.FOLDED)

    kind = forms.ChoiceField(label=_("種類"), choices=list(KINDS.items()), widget=forms.RadioSelect)
    initiative = forms.ChoiceField(
        label=_("能動・受動"), required=False, choices=list(INITIATIVES.items()), widget=forms.RadioSelect,
        help_text=_("能動はこちらから、受動はお客様からの接点です。"),
    )  # fmt: skip
    at = MomentField(label=_("日時"), help_text=_("今日なら、14:30 や 14時30分 だけでも構いません。"))
    contacts = forms.MultipleChoiceField(
        label=_("お会いした方"), required=False, widget=forms.CheckboxSelectMultiple
    )
    subject = forms.CharField(label=_("件名"), required=False, max_length=300)
    note = forms.CharField(
        label=_("内容"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    member = forms.ChoiceField(label=_("担当したメンバー"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        people: list[tuple[str, str]],
        members: list[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        for name, choices in (("contacts", people), ("member", members)):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField | forms.ChoiceField)
            field.choices = choices
        if not people:
            del self.fields["contacts"]
