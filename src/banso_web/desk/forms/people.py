"""先方担当者 and departments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core.days import DayField
from banso_web.desk.forms.deeds import DeedForm, today_text
from banso_web.desk.words import CONSENT_WORDS, PERSONAL_WORDS, ROLE_WORDS


class ContactForm(DeedForm):
    """A contact's own values; the department by name, new ones are made."""

    OWN = (
        "family_name", "given_name", "family_kana", "given_kana", "department", "title", "roles", "email", "phone",
        "consent_basis", "consent_on",
    )  # fmt: skip

    family_name = forms.CharField(label=PERSONAL_WORDS["family_name"], max_length=100)
    given_name = forms.CharField(label=PERSONAL_WORDS["given_name"], max_length=100, required=False)
    family_kana = forms.CharField(label=PERSONAL_WORDS["family_kana"], max_length=100, required=False)
    given_kana = forms.CharField(label=PERSONAL_WORDS["given_kana"], max_length=100, required=False)
    department = forms.CharField(
        label=_("利用部署"), required=False, max_length=200, widget=forms.TextInput(attrs={"list": "departments"}),
        help_text=_("新しい名前を入れると、部署も登録します。"),
    )  # fmt: skip
    title = forms.CharField(label=PERSONAL_WORDS["title"], max_length=100, required=False)
    roles = forms.MultipleChoiceField(
        label=PERSONAL_WORDS["roles"],
        required=False,
        choices=list(ROLE_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    email = forms.CharField(
        label=PERSONAL_WORDS["email"], required=False, max_length=254, widget=forms.EmailInput
    )
    phone = forms.CharField(label=PERSONAL_WORDS["phone"], required=False, max_length=40)
    consent_basis = forms.ChoiceField(
        label=PERSONAL_WORDS["consent_basis"],
        required=False,
        choices=[("", _("未確認")), *CONSENT_WORDS.items()],
        help_text=_("お知らせメールを送ってよい根拠です。法的助言ではありません。"),
    )
    consent_on = DayField(label=PERSONAL_WORDS["consent_on"], required=False)
    valid_from = DayField(
        label=_("いつから"), required=False, help_text=_("空なら今日からです。異動や昇格の日を入れられます。")
    )

    def shown_name(self, field: str) -> str:
        return "department" if field == "department_id" else field


class PresenceForm(DeedForm):
    """The day from which a contact is gone (退職・異動), or there again."""

    valid_from = DayField(label=_("いつから"))

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, initial={"valid_from": today_text()}, **options)


class DepartmentForm(DeedForm):
    OWN = ("name",)

    name = forms.CharField(label=_("部署の名前"), max_length=200)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        del self.fields["recorded_on"]
