"""Setting up a table to be read: its connection, what its columns mean, when it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.collect.actions import MANAGE, open_source
from banso_web.connectors import query
from banso_web.connectors.engines import Place
from banso_web.connectors.hosts import secret_of
from banso_web.connectors.models import TableRead
from banso_web.connectors.problems import ReadFailed
from banso_web.connectors.reading import EVENTS, SEALED, columns_of
from banso_web.connectors.rows import FIXED
from banso_web.connectors.words import EVERY, TARGETS, ZONES, problem_text
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.sealing import Unreadable, sealed, unsealed
from banso_web.ingest.readers.canonical import FILES

if TYPE_CHECKING:
    from banso_web.members.models import Member

TABLE = "table"  # the kind of source
DAILY_HOUR = 4  # before the morning's look at use


@dataclass(frozen=True)
class Connection:
    """How a table is reached. `secret` "" keeps the one that is kept. `options`: connectors.forms says which an engine has."""

    engine: str
    options: Mapping[str, str]
    table: str
    secret: str = ""


@dataclass(frozen=True)
class Reading:
    """What is read and when; the fields are those of TableRead."""

    columns: Mapping[str, str]
    further: Sequence[str]
    cursor: str
    overlap: int
    zone: str
    every: int


def open_table(name: str, target: str, given: Connection, *, actor: Member) -> TableRead:
    """A new source that reads a table. The connection is tried first: refused, with nothing saved, where it does not stand."""
    require(actor)
    if target not in TARGETS:
        raise Refused(_("読んだ行を何にするかを選んでください。"), fields={"target": _("選んでください。")})
    found = _tried(given, given.secret)
    with transaction.atomic():
        source = open_source(name, actor=actor, kind=TABLE)
        return TableRead.objects.create(
            source=source,
            engine=given.engine,
            options=dict(given.options),
            secret=sealed(given.secret, SEALED) if given.secret else "",
            table=given.table,
            target=target,
            found=found,
        )


def connect(source_id: int, given: Connection, *, actor: Member) -> None:
    """Another way to the same table, tried before it is kept.

    A password that is kept goes only where it went before: to another host or name it has to be entered again.
    """
    require(actor)
    table = table_of(source_id)
    same_place = {**table.options, "table": ""} == {**given.options, "table": ""}
    if table.secret and not given.secret and not given.options.get("secret_env") and not same_place:
        words = _("接続先を変えるときは、パスワードも入れてください。")
        raise Refused(words, fields={"secret": words})
    try:
        kept = unsealed(table.secret, SEALED) if table.secret else ""
    except Unreadable:
        kept = ""
    secret = given.secret or kept
    found = _tried(given, secret)
    old = {**table.options, "table": table.table}
    with transaction.atomic():
        table.options, table.table, table.found = dict(given.options), given.table, found
        table.secret = sealed(secret, SEALED) if secret else ""
        table.save(update_fields=["options", "table", "found", "secret"])
        _note("source.table", table, actor, old=old, new={**given.options, "table": given.table})


def _tried(given: Connection, secret: str) -> list[str]:
    """The columns of the table. Refused, in words, where it cannot be reached."""
    try:
        query.table_of(given.table or "parquet")
        place = Place(
            given.engine, given.options, secret_of(secret, given.options.get("secret_env", "")), given.table
        )
        return columns_of(place)
    except ValueError:
        words = _("表の名前は「表」「スキーマ.表」の形で入れてください。")
        raise Refused(words, fields={"table": words}) from None
    except ReadFailed as problem:
        raise Refused(problem_text(problem.as_json()) + " " + _("何も保存していません。")) from None


def set_reading(source_id: int, given: Reading, *, actor: Member) -> None:
    """What the columns mean and when the table is read. Another cursor column begins from the start again."""
    require(actor)
    table = table_of(source_id)
    cleaned = {key: name.strip() for key, name in given.columns.items() if name.strip()}
    further = [name.strip() for name in given.further if name.strip()]
    problems = _problems(table, cleaned, further, given)
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), fields=problems)
    old = _said(table)
    with transaction.atomic():
        if table.cursor != given.cursor:
            table.position = None
        table.columns, table.further, table.cursor = cleaned, further, given.cursor
        table.overlap, table.zone, table.every = given.overlap, given.zone, given.every
        table.due_at = next_due(given.every, clock.machine())
        table.save()
        _note("source.reading", table, actor, old=old, new=_said(table))


def _said(table: TableRead) -> dict[str, Any]:
    names = ("columns", "further", "cursor", "overlap", "zone", "every")
    return {name: getattr(table, name) for name in names}


def needed(target: str) -> frozenset[str]:
    """Canonical columns without which no row can be taken."""
    return frozenset({"timestamp", "event"} if target == EVENTS else FILES[target].required)


def _problems(
    table: TableRead, columns: Mapping[str, str], further: Sequence[str], given: Reading
) -> dict[str, str]:
    problems = {key: _("この項目は要ります。") for key in needed(table.target) if key not in columns}
    if table.target == EVENTS and not {"user_id", "anonymous_id"} & set(columns):
        problems["user_id"] = _("利用者IDか匿名IDが要ります。")
    if columns.get("timestamp", "").startswith(FIXED):
        problems["timestamp"] = _("日時は列から読みます。")
    used = {key: name for key, name in columns.items() if not name.startswith(FIXED)}
    used["cursor"] = given.cursor
    for key, name in used.items():
        if name not in table.found:
            problems.setdefault(key, _("表にない列です: %(name)s") % {"name": name})
    if strange := [name for name in further if name not in table.found]:
        problems["further"] = _("表にない列です: %(name)s") % {"name": ", ".join(strange)}
    if not 0 <= given.overlap <= 1_000_000:
        problems["overlap"] = _("0以上の数を入れてください。")
    if given.zone not in ZONES or given.every not in EVERY:
        problems["every"] = _("選んでください。")
    return problems


def next_due(every: int, moment: datetime) -> datetime | None:
    """When the next read is due after a moment; None where only a person starts it."""
    if not every:
        return None
    if every < 1440:
        return moment + timedelta(minutes=every)
    local = moment.astimezone(clock.JST)
    today = datetime.combine(local.date(), time(DAILY_HOUR), clock.JST)
    return today if local < today else today + timedelta(days=1)


def ask_read(source_id: int, *, actor: Member) -> None:
    """今すぐ読む: the worker reads it."""
    from banso_web.connectors.jobs import read_table

    require(actor)
    table = table_of(source_id)
    if not table.cursor:
        raise Refused(_("先に、列とカーソルを決めてください。"))
    with transaction.atomic():
        _note("source.read", table, actor)
        read_table.enqueue(table.pk, actor.pk)


def table_of(source_id: int) -> TableRead:
    """The table of an open source: 404 where there is none, refused where it was closed."""
    table = TableRead.objects.select_related("source").filter(source=source_id).first()
    if table is None:
        raise NotVisible
    if table.source.closed_at is not None:
        raise Refused(_("この送信元は閉じています。何も変えていません。"))
    return table


def require(actor: Member) -> None:
    if not actor.may(MANAGE):
        raise Forbidden(_("データの送信元を管理する権限がありません。"))


def _note(
    action: str,
    table: TableRead,
    actor: Member,
    *,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    label = table.source.name
    audit.record(
        action, actor=actor, subject="source", subject_id=table.source_id, label=label, old=old, new=new
    )
