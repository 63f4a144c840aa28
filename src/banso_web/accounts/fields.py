"""Fields of forms that hold a customer: what is shown, what is read, what suggests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse

from banso_web.accounts.reads.codes import account_ids

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.accounts.reads.candidates import Party


def company_text(company: Account | Party | None) -> str:
    """A customer as a field holds it: 「株式会社アシスト (A2)」, the name for people and the id that tells it apart."""
    return f"{company.name} ({company.code})" if company else ""


def companies_of(texts: Iterable[str]) -> dict[str, int]:
    """{what a field holds: internal id}: a chosen 「name (id)」, or an id alone. What names no customer is left out."""
    ids: dict[str, list[str]] = {}
    for text in texts:
        tails = [text[at.end() : -1] for at in re.finditer(r" \(", text)] if text.endswith(")") else []
        ids[text] = [one for one in (text, *tails) if one]
    known = account_ids(code for codes in ids.values() for code in codes)
    return {text: known[code] for text, codes in ids.items() for code in reversed(codes) if code in known}


class CompanyInput(forms.TextInput):
    """A customer; what is typed (name, kana, id) fills the list of suggestions below it, as `company_text`."""

    def __init__(self) -> None:
        super().__init__(attrs={"list": "companies", "autocomplete": "off"})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"].update(
            {
                "hx-get": reverse("customer_choices"),
                "hx-trigger": "input changed delay:200ms",
                "hx-target": "#companies",
                "hx-params": name,
            }
        )
        return context
