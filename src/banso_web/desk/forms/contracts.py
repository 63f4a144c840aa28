"""Contracts: terms, parties, the notice rule, the end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso.money import EXPONENTS
from banso_web.accounts.fields import CompanyInput, companies_of
from banso_web.core.days import DayField
from banso_web.core.ui.display import current
from banso_web.desk.forms.deeds import DeedForm, today_text
from banso_web.desk.words import NOTICE_WORDS, PARTY_WORDS

UNKNOWN = ("", _("未確認"))


class AmountInput(forms.TextInput):
    """Amounts as people write them: 120,000."""

    def __init__(self) -> None:
        super().__init__(attrs={"inputmode": "decimal", "autocomplete": "off"})


class ContractForm(DeedForm):
    """Terms from a day on. Parties are chosen by typing a customer's name or id."""

    OWN = (
        "product", "plan", "starts_on", "ends_on", "mrr", "currency", "seats", "seat_unit", "auto_renew",
        "renewal_months", "notice_kind", "notice_value", "notice_deadline", "signed_on", "user_company_id", "bill_to_id",
        "dealer_id",
    )  # fmt: skip

    product = forms.CharField(
        label=_("製品"), max_length=200, widget=forms.TextInput(attrs={"list": "products"})
    )
    plan = forms.CharField(label=_("プラン"), required=False, max_length=200)
    starts_on = DayField(label=_("契約開始日"))
    ends_on = DayField(
        label=_("満了日(最後に使える日)"),
        required=False,
        help_text=_("期間の定めがなければ空のままにします。"),
    )
    mrr = forms.CharField(
        label=_("月額(税抜)"), required=False, widget=AmountInput(),
        help_text=_("年額は12で割った額です。この日から MRR に入ります。"),
    )  # fmt: skip
    currency = forms.CharField(
        label=_("通貨"),
        initial=lambda: current().base(),
        max_length=3,
        widget=forms.TextInput(attrs={"list": "currencies", "size": 4}),
    )
    seats = forms.IntegerField(label=_("契約数"), required=False, min_value=0)
    seat_unit = forms.CharField(
        label=_("契約数の単位"), required=False, max_length=20, help_text=_("例: ID、ライセンス、拠点")
    )
    auto_renew = forms.ChoiceField(
        label=_("自動更新"), required=False, choices=[UNKNOWN, ("1", _("する")), ("0", _("しない"))]
    )
    renewal_months = forms.IntegerField(label=_("更新の月数"), required=False, min_value=1)
    notice_kind = forms.ChoiceField(
        label=_("解約予告の決まり"), required=False, choices=[UNKNOWN, *NOTICE_WORDS.items()]
    )
    notice_value = forms.IntegerField(label=_("予告の月数・日数・日"), required=False, min_value=0)
    notice_deadline = DayField(
        label=_("解約通知期限(契約書で確かめた日)"), required=False,
        help_text=_("入れると確定になり、「推定」が外れます。"),
    )  # fmt: skip
    signed_on = DayField(label=_("契約締結日"), required=False)
    user_company_id = forms.CharField(
        label=PARTY_WORDS["user_company"], required=False, widget=CompanyInput(),
        help_text=_("契約先と違うときだけ入れます。名前、読み、顧客IDのどれかを打つと候補が出ます。"),
    )  # fmt: skip
    bill_to_id = forms.CharField(label=PARTY_WORDS["bill_to"], required=False, widget=CompanyInput())
    dealer_id = forms.CharField(label=PARTY_WORDS["dealer"], required=False, widget=CompanyInput())
    valid_from = DayField(
        label=_("いつからの条件ですか"), required=False,
        help_text=_("空なら今日からです。この日より前の条件はそのまま残ります。"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, priced: bool = True, **options: Any) -> None:
        super().__init__(data, **options)
        if not priced:
            del self.fields["mrr"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        names = ("user_company_id", "bill_to_id", "dealer_id")
        known = companies_of(str(found.get(name) or "").strip() for name in names)
        for name in names:
            text = str(found.get(name) or "").strip()
            if text and text not in known:
                self.add_error(name, _("この顧客IDの会社はありません。候補から選んでください。"))
            else:
                found[name] = known.get(text)
        return found

    def shown_name(self, field: str) -> str:
        return "mrr" if field in ("stated_units", "amount", "term_months") else field

    @staticmethod
    def currencies() -> list[str]:
        first = list(dict.fromkeys([current().base(), "JPY", "USD", "EUR"]))
        return [*first, *sorted(set(EXPONENTS) - set(first))]


class NewContractForm(ContractForm):
    """A contract that did not exist: its number, and no day from which it is otherwise."""

    code = forms.CharField(
        label=_("契約番号"), required=False, max_length=190, help_text=_("空なら番号を付けます。")
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        del self.fields["valid_from"]


class EndForm(DeedForm):
    OWN = ("ended_on", "notified_on", "end_reason")

    ended_on = DayField(
        label=_("解約日(最後に使う日)"),
        help_text=_("この日の終わりに MRR が 0 になります。先の日も入れられます。"),
    )
    notified_on = DayField(label=_("申出日"), required=False, help_text=_("お客様から申し出のあった日です。"))
    end_reason = forms.CharField(
        label=_("解約理由"),
        required=False,
        max_length=300,
        help_text=_("分からなければ空のままにします。「理由未確認」と表示します。"),
    )


class CancelEndForm(DeedForm):
    """Taking an end back."""


class MissingForm(DeedForm):
    """The ledger no longer holds the contract since a day."""

    valid_from = DayField(label=_("いつの台帳からありませんか"))

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, initial={"valid_from": today_text()}, **options)
