"""What belongs to customers: contacts, contracts, movements, charges, invoices; of one customer or of all."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router

from banso_web.api import schemas
from banso_web.api.identity import who
from banso_web.api.question import PageIn, asked, stamp
from banso_web.api.reads import accounts, people
from banso_web.api.views.accounts import Code, see_accounts
from banso_web.api.words import said
from banso_web.core.errors import Forbidden

router = Router(tags=["accounts"])


def _see(request: HttpRequest, permission: str, words: str) -> None:
    see_accounts(request)
    if not who(request).may(permission):
        raise Forbidden(words)


def _see_people(request: HttpRequest) -> None:
    _see(request, "contact.view", _("先方担当者を見る権限がありません。"))


def _listed(question: Any, page: tuple[list[dict[str, Any]], str | None]) -> dict[str, Any]:
    return {**stamp(question), "items": page[0], "next": page[1]}


@router.get(
    "/contacts", response=schemas.Listed[schemas.ContactOut], summary=said(gettext_lazy("先方担当者の一覧"))
)
def list_contacts(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Contacts of every customer the caller may see."""
    _see_people(request)
    question = asked(request, query)
    return _listed(question, people.contacts(who(request), None, question, query.cursor, query.limit))


@router.get(
    "/accounts/{account}/contacts",
    response=schemas.Listed[schemas.ContactOut],
    summary=said(gettext_lazy("顧客の先方担当者")),
)
def account_contacts(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """403 without the right to see people: an empty list would say that there is nobody."""
    question, row = asked(request, query), accounts.find(who(request), account)
    _see_people(request)
    return _listed(question, people.contacts(who(request), row.pk, question, query.cursor, query.limit))


@router.get(
    "/contracts", response=schemas.Listed[schemas.ContractOut], summary=said(gettext_lazy("契約の一覧"))
)
def list_contracts(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Contracts of every customer the caller may see."""
    see_accounts(request)
    question = asked(request, query)
    return _listed(question, people.contracts(who(request), None, question, query.cursor, query.limit))


@router.get(
    "/accounts/{account}/contracts",
    response=schemas.Listed[schemas.ContractOut],
    summary=said(gettext_lazy("顧客の契約")),
)
def account_contracts(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The customer's contracts as of the asked day."""
    question, row = asked(request, query), accounts.find(who(request), account)
    return _listed(question, people.contracts(who(request), row.pk, question, query.cursor, query.limit))
