"""A customer's own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.accounts.fields import CompanyInput, companies_of, company_text
from banso_web.accounts.reads.choices import excluded_choices
from banso_web.core import clock
from banso_web.core.days import DayField
from banso_web.desk.words import FIELD_WORDS, TOUCH_WORDS
from banso_web.members.reads import assignable_members

if TYPE_CHECKING:
    from banso_web.accounts.models import Account

MONTHS = [("", "—"), *((month, f"{month}") for month in range(1, 13))]
RENAMED = {"owner": "owner_id", "deputy": "deputy_id", "parent": "parent_id"}


def _initial(account: Account) -> dict[str, Any]:
    shown = {field: getattr(account, field) for field in account.STATE_FIELDS}
    return shown | {
        "owner": account.owner_id or "",
        "deputy": account.deputy_id or "",
        "parent": company_text(account.parent),
        "touch": [key for key in account.touch.split(";") if key],
        "fiscal_month": account.fiscal_month or "",
        "budget_month": account.budget_month or "",
    }


class AccountForm(forms.Form):
    """The customer's own fields. Owner and deputy are chosen by name."""

    name = forms.CharField(label=FIELD_WORDS["name"], max_length=300)
    kana = forms.CharField(
        label=FIELD_WORDS["kana"], required=False, help_text=_("一覧の五十音順に使います。")
    )
    corporate_number = forms.CharField(
        label=FIELD_WORDS["corporate_number"], required=False, help_text=_("13桁。検査数字を確かめます。")
    )
    industry = forms.CharField(label=FIELD_WORDS["industry"], required=False, max_length=100)
    segment = forms.CharField(
        label=FIELD_WORDS["segment"],
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"list": "segments"}),
    )
    employees = forms.IntegerField(label=FIELD_WORDS["employees"], required=False, min_value=0)
    prefecture = forms.CharField(label=FIELD_WORDS["prefecture"], required=False, max_length=20)
    fiscal_month = forms.ChoiceField(label=FIELD_WORDS["fiscal_month"], required=False, choices=MONTHS)
    budget_month = forms.ChoiceField(label=FIELD_WORDS["budget_month"], required=False, choices=MONTHS)
    touch = forms.MultipleChoiceField(
        label=FIELD_WORDS["touch"],
        required=False,
        choices=list(TOUCH_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    community = forms.BooleanField(label=FIELD_WORDS["community"], required=False)
    owner = forms.ChoiceField(label=FIELD_WORDS["owner_id"], required=False)
    deputy = forms.ChoiceField(label=FIELD_WORDS["deputy_id"], required=False)
    parent = forms.CharField(
        label=FIELD_WORDS["parent_id"], required=False, widget=CompanyInput(),
        help_text=_("名前、読み、顧客IDのどれかを打つと候補が出ます。"),
    )  # fmt: skip
    started_on = DayField(label=FIELD_WORDS["started_on"], required=False)
    excluded = forms.ChoiceField(
        label=FIELD_WORDS["excluded"],
        required=False,
        choices=lambda: [("", "—"), *excluded_choices()],
        help_text=_("選ぶと、すべての数字から外れ、除外の一覧に載ります。"),
    )
    success_definition = forms.CharField(
        label=FIELD_WORDS["success_definition"], required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    valid_from = DayField(
        label=_("いつからの変更か"), required=False,
        help_text=_("空なら今日から。過去の日にすると、その日からの数字の分け方が変わります。"),
    )  # fmt: skip
    recorded_on = DayField(
        label=_("いつ分かりましたか"),
        required=False,
        help_text=_("空なら今日です。過去の数字を「その時点で分かっていたこと」で見るときに使います。"),
    )
    reason = forms.CharField(label=_("変更の理由"), required=False, max_length=300)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, account: Account | None, seen: int) -> None:
        initial = _initial(account) if account is not None else {}
        super().__init__(data, initial={**initial, "seen": seen})
        members = [("", "—"), *assignable_members().items()]
        for name in ("owner", "deputy"):
            choice = self.fields[name]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = members

    def values(self) -> dict[str, Any]:
        """The cleaned fields under the account's own names."""
        kept = {
            key: value
            for key, value in self.cleaned_data.items()
            if key not in ("valid_from", "recorded_on", "reason", "seen", "code", "alike_seen")
        }
        kept["touch"] = ";".join(kept["touch"])
        kept["started_on"] = kept["started_on"].isoformat() if kept["started_on"] else ""
        return {RENAMED.get(key, key): value for key, value in kept.items()}

    def shown_name(self, field: str) -> str:
        return self.name_of(field)

    @staticmethod
    def name_of(field: str) -> str:
        """The form's name of an account's field."""
        back = {stored: shown for shown, stored in RENAMED.items()}
        return back.get(field, field)

    def clean_valid_from(self) -> Any:
        return self.cleaned_data["valid_from"] or clock.today()

    def clean_parent(self) -> int | None:
        text = self.cleaned_data["parent"].strip()
        found = companies_of([text]).get(text) if text else None
        if text and found is None:
            raise forms.ValidationError(_("この顧客IDの会社はありません。候補から選んでください。"))
        return found


class NewAccountForm(AccountForm):
    """A customer that did not exist. `alike_seen`: somebody looked at the customers it may be already."""

    code = forms.CharField(
        label=_("顧客ID"),
        required=False,
        max_length=200,
        help_text=_("CRM などの番号です。空なら番号を付けます。"),
    )
    alike_seen = forms.BooleanField(required=False, label=_("似た顧客とは別の会社です"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, account=None, seen=0)
        del self.fields["valid_from"]
        self.order_fields(["name", "kana", "code", "corporate_number"])
