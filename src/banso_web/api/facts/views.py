"""The operations of every kind of fact: list, of one customer, one, its history; enter, correct, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.accounts.reads.facts import access_fact, named, require_sight, visible_facts
from banso_web.api import schemas
from banso_web.api.facts import reads, shapes
from banso_web.api.facts.shapes import FactCode
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.problems import invalid
from banso_web.api.question import BIG, Day, PageIn, TimeIn, asked, stamp
from banso_web.api.reads import accounts
from banso_web.api.views.accounts import Code, now, seen_version
from banso_web.api.words import said
from banso_web.core.facts import FactKind
from banso_web.core.registry import registry
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.single import Written, add_fact, correct_fact, void_fact

WRITES = {SCOPE: "write"}
QUERY = cast(Any, Query)
LISTED = cast(Any, schemas.Listed)  # of shapes that are made when the program starts


class FactsIn(PageIn):
    """The filters of every list of facts. Order: as they came into the database; the cursor keeps the watermark."""

    code: str | None = Field(None, max_length=200, description="Exactly this id.")
    entered_after: int | None = Field(
        None,
        ge=0,
        le=BIG,
        description="Only what was entered behind this watermark: what is new since a run before.",
    )


class OfAccountsIn(FactsIn):
    account: str | None = Field(None, max_length=200, description="Of this customer: account_id, or `~12`.")


class DatedIn(FactsIn):
    first: Day | None = Field(None, alias="from", description="The first day, inclusive.")
    last: Day | None = Field(None, alias="to", description="The last day, inclusive.")


class DatedOfAccountsIn(DatedIn, OfAccountsIn):
    """Both."""


class VoidIn(Schema):
    reason: str = Field(
        max_length=2_000, min_length=1, description="Why it is taken back; stands in the audit log."
    )


def _asked_shape(kind: FactKind, *, of_one: bool) -> type[FactsIn]:
    dated = bool(kind.spanned)
    if of_one or not kind.account:
        return DatedIn if dated else FactsIn
    return DatedOfAccountsIn if dated else OfAccountsIn


def _listed(request: HttpRequest, kind: FactKind, query: FactsIn, account: str | None) -> dict[str, Any]:
    member = who(request)
    question, after = reads.standing_still(asked(request, query), query.cursor)
    request.asked = question  # type: ignore[attr-defined]
    own = None if account is None else accounts.find(member, account).pk
    require_sight(member, kind)
    rows = visible_facts(member, kind, question, account_id=own)
    if query.code is not None:
        rows = rows.filter(code=query.code)
    if query.entered_after is not None:
        rows = rows.filter(entry__seq__gt=query.entered_after)
    first, last = getattr(query, "first", None), getattr(query, "last", None)
    if first and last and last < first:
        raise invalid("to", _("終わりの日が始まりの日より前です。"))
    shown, behind = reads.page(kind.narrowed(rows, first, last), question, after, query.limit)
    items = [reads.fact_json(member, kind, row, question) for row in shown]
    return {**stamp(question), "items": items, "next": behind}


def _answer(request: HttpRequest, response: HttpResponse, kind: FactKind, done: Written) -> dict[str, Any]:
    question = now()
    row = (
        visible_facts(who(request), kind, question)
        .filter(code=done.code)
        .order_by("-entry__seq", "-pk")
        .first()
    )
    if row is not None:
        response["ETag"] = f'"{row.pk}"'
    return {**stamp(question), "code": done.code, "changed": done.changed, "entry": done.entry}


class Resource:
    """The operations of one kind, added to a router. Every function is named, for `operationId`."""

    def __init__(self, router: Router, kind: FactKind) -> None:
        self.router, self.kind = router, kind
        self.file = FILES[kind.key]
        self.out = shapes.out_of(kind)
        self.path = f"/{kind.key}"

    def add(self) -> None:
        self._list()
        if self.kind.account:
            self._list_of_account()
        self._one()
        self._history()
        self._write()

    def _operation(self, view: Callable[..., Any], name: str, doc: str, **typed: Any) -> Callable[..., Any]:
        """The view under its own name, with the shapes of this kind where it says Any."""
        view.__name__ = view.__qualname__ = name
        view.__doc__ = doc
        view.__annotations__.update(typed)
        return view

    def _summary(self, words: Any) -> str:
        return said(format_lazy("{kind}: {words}", kind=_Word(self.file.ja, self.file.en), words=words))

    def _days(self) -> str:
        return (
            f"`from` and `to` narrow by {' or, where that is empty, '.join(self.kind.spanned)}."
            if self.kind.spanned
            else ""
        )

    def _list(self) -> None:
        kind, shape = self.kind, _asked_shape(self.kind, of_one=False)

        def view(request: HttpRequest, query: Any) -> Any:
            return _listed(request, kind, query, getattr(query, "account", None))

        made = self._operation(
            view,
            f"list_{kind.key}",
            f"Every one that counts for the question. {self._days()}".strip(),
            query=QUERY[shape],
        )
        self.router.get(self.path, response=LISTED[self.out], summary=self._summary(gettext_lazy("一覧")))(
            made
        )

    def _list_of_account(self) -> None:
        kind, shape = self.kind, _asked_shape(self.kind, of_one=True)

        def view(request: HttpRequest, query: Any, account: Path[Code]) -> Any:
            return _listed(request, kind, query, account)

        made = self._operation(
            view,
            f"account_{kind.key}",
            f"Those of one customer and of what was merged into it. {self._days()}".strip(),
            query=QUERY[shape],
        )
        self.router.get(
            f"/accounts/{{account}}{self.path}",
            response=LISTED[self.out],
            summary=self._summary(gettext_lazy("1社の一覧")),
        )(made)

    def _one(self) -> None:
        kind = self.kind

        def view(
            request: HttpRequest, response: HttpResponse, query: Query[TimeIn], code: Path[FactCode]
        ) -> Any:
            question, member = asked(request, query), who(request)
            row = access_fact(member, kind, question, code)
            if question.is_today:
                response["ETag"] = f'"{row.pk}"'
            return {**stamp(question), "fact": reads.fact_json(member, kind, row, question)}

        made = self._operation(
            view, f"get_{kind.singular}", "One of them. `ETag` (today only) is what a correction stands on."
        )
        answer = shapes.answer_of(kind, self.out)
        self.router.get(f"{self.path}/{{code}}", response=answer, summary=self._summary(gettext_lazy("1件")))(
            made
        )

    def _history(self) -> None:
        kind = self.kind

        def view(request: HttpRequest, query: Query[PageIn], code: Path[FactCode]) -> Any:
            question, after = reads.standing_still(asked(request, query), query.cursor)
            request.asked = question  # type: ignore[attr-defined]
            member = who(request)
            row = access_fact(member, kind, question, code)
            rows = kind.versions(question, row.code).select_related(*named(kind))
            shown, behind = reads.page(rows, question, after, query.limit)
            items = [reads.version_json(member, kind, one, question) for one in shown]
            return {**stamp(question), "items": items, "next": behind}

        made = self._operation(
            view,
            f"{kind.singular}_history",
            "Every row of it: as it was entered, each correction, each void. Nothing is lost.",
        )
        self.router.get(
            f"{self.path}/{{code}}/history",
            response=LISTED[shapes.version_of(kind, self.out)],
            summary=self._summary(gettext_lazy("1件の履歴")),
        )(made)

    def _write(self) -> None:
        kind, given, edit = self.kind, shapes.given_of(self.kind), shapes.corrected_of(self.kind)
        by = (
            "Needs the right to import, or to edit the customer."
            if kind.own
            else "Needs the right to import."
        )

        def add(request: HttpRequest, response: HttpResponse, body: Any) -> Any:
            values = body.values.dict(exclude_unset=True)
            done = add_fact(kind, values, actor=who(request), reason=body.reason, custom=body.custom)
            return Status(201 if done.changed else 200, _answer(request, response, kind, done))

        def correct(request: HttpRequest, response: HttpResponse, body: Any, code: Path[FactCode]) -> Any:
            done = correct_fact(
                kind,
                code,
                body.values.dict(exclude_unset=True),
                actor=who(request),
                reason=body.reason,
                seen=seen_version(request),
                custom=body.custom,
            )
            return _answer(request, response, kind, done)

        def void(
            request: HttpRequest, response: HttpResponse, query: Query[VoidIn], code: Path[FactCode]
        ) -> Any:
            done = void_fact(kind, code, actor=who(request), reason=query.reason, seen=seen_version(request))
            return _answer(request, response, kind, done)

        self._operation(
            add,
            f"add_{kind.singular}",
            f"Enter one, with the checks of an import. 200: it stood there already; 409: another one has its id. {by}",
            body=given,
        )
        self.router.post(
            self.path,
            response={200: shapes.WrittenAnswer, 201: shapes.WrittenAnswer},
            summary=self._summary(gettext_lazy("登録する")),
            openapi_extra=WRITES,
        )(add)
        self._operation(
            correct,
            f"correct_{kind.singular}",
            f"Correct it: a newer row counts from now on, what was read at earlier watermarks stays. {by}",
            body=edit,
        )
        etag = {**WRITES, "x-banso-etag": True}
        place = f"{self.path}/{{code}}"
        self.router.patch(
            place,
            response=shapes.WrittenAnswer,
            summary=self._summary(gettext_lazy("直す")),
            openapi_extra=etag,
        )(correct)
        self._operation(void, f"void_{kind.singular}", f"Take it back from now on; its history stays. {by}")
        self.router.delete(
            place,
            response=shapes.WrittenAnswer,
            summary=self._summary(gettext_lazy("取り消す")),
            openapi_extra=etag,
        )(void)


class _Word:
    """A canonical file's name in the reader's language."""

    def __init__(self, ja: str, en: str) -> None:
        self.ja, self.en = ja, en

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.ja if (get_language() or "ja").startswith("ja") else self.en


def router() -> Router:
    """A router with the operations of every registered kind."""
    made = Router(tags=["facts"])
    for kind in registry.facts.values():
        Resource(made, kind).add()
    return made
