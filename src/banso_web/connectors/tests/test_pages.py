"""A table from its page to the figures: tried before it is kept, its password seen by nobody, read when asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from banso_web.collect.models import Source
from banso_web.connectors import hosts
from banso_web.connectors.jobs import read_table
from banso_web.connectors.models import TableRead
from banso_web.connectors.tests.conftest import EVENT, in_duckdb
from banso_web.connectors.tests.test_reading import row, took_in
from banso_web.connectors.words import PROBLEMS, problem_text
from banso_web.core.models import AuditRow
from banso_web.core.sealing import unsealed
from banso_web.desk.tests.conftest import Desk

pytestmark = pytest.mark.django_db
Desks = Callable[[str], Desk]
NEW = "/settings/sources/tables/new/"
READING = {**EVENT, "further": "n, day", "cursor": "at", "overlap": "10", "zone": "Asia/Tokyo", "every": "15"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was put into the worker's queue."""
    queued: list[tuple[Any, ...]] = []
    monkeypatch.setattr(type(read_table), "enqueue", lambda _self, *given: queued.append(given))
    return queued


def test_a_table_is_set_up_and_read(read_folder: Path, desk: Desks, asked: list[Any], person: Any) -> None:
    company, kanri = in_duckdb(read_folder), desk("kanri")
    company.add(row("e1", "2026-11-20 01:00Z"), row("e2", None))
    assert "Snowflake" in kanri.text(NEW) and "DuckDB のファイル" in kanri.text(f"{NEW}?engine=duckdb")
    assert (
        kanri.client.post(
            f"{NEW}?engine=duckdb", {"name": "", "target": "events", "path": "x", "table": "used"}
        ).status_code
        == 422
    )
    refused = kanri.client.post(
        f"{NEW}?engine=duckdb", {"name": "操作ログ", "target": "events", "path": "gone", "table": "used"}
    )
    assert (
        refused.status_code == 422
        and "BANSO_READ_FOLDER の下に gone がありません" in refused.content.decode()
    )
    assert not Source.objects.exists()
    made = kanri.client.post(
        f"{NEW}?engine=duckdb",
        {"name": "操作ログ", "target": "events", "path": "company.duckdb", "table": "used"},
    )
    table = TableRead.objects.get()
    url = f"/settings/sources/tables/{table.source_id}/"
    assert made["Location"] == url and "まだ読んでいません" in kanri.text(url)
    assert kanri.get(f"/settings/sources/{table.source_id}/")["Location"] == url
    assert kanri.post(url + "read/").status_code == 302 and asked == []  # nothing says yet what to read
    for wrong, told in (
        ({**READING, "timestamp": "gone"}, "表にない列です: gone"),
        ({**READING, "event": ""}, "has-error"),
        ({**READING, "user_id": ""}, "利用者IDか匿名IDが要ります"),
        ({**READING, "timestamp": "=2026-11-20"}, "日時は列から読みます"),
        ({**READING, "further": "n, x"}, "表にない列です: x"),
        ({**READING, "cursor": "gone"}, "at"),
    ):
        answer = kanri.post(url + "reading/", **wrong)
        assert answer.status_code == 422 and told in answer.content.decode(), wrong
    assert kanri.post(url + "reading/", **READING).status_code == 302
    table.refresh_from_db()
    assert (table.cursor, table.further, table.every, table.columns) == ("at", ["n", "day"], 15, EVENT)
    assert table.due_at is not None
    assert kanri.post(url + "read/").status_code == 302
    assert asked == [(table.pk, person("kanri").pk)]
    assert read_table.call(*asked[0]) == 1
    page = kanri.text(url)
    assert (
        "終わりました" in page
        and "カーソルが空の行が 1 件" in page
        and "2026-11-20T01:00:00+00:00 のところまで" in page
    )
    assert took_in() == ["e1"]
    told = kanri.client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "今すぐ読む" in told and "<html" not in told
    actions = AuditRow.objects.filter(subject="source").order_by("pk").values_list("action", "via")
    assert list(actions) == [("source.new", "page"), ("source.reading", "page"), ("source.read", "page")]


def test_why_a_read_failed_stands_on_the_page(read_folder: Path, desk: Desks, asked: list[Any]) -> None:
    company, kanri = in_duckdb(read_folder), desk("kanri")
    kanri.client.post(
        f"{NEW}?engine=duckdb",
        {"name": "操作ログ", "target": "events", "path": "company.duckdb", "table": "used"},
    )
    table = TableRead.objects.get()
    url = f"/settings/sources/tables/{table.source_id}/"
    kanri.post(url + "reading/", **READING)
    company.write("ALTER TABLE used RENAME COLUMN did TO action")
    read_table.call(table.pk)
    assert "表に列がありません: did" in kanri.text(url)
    assert "列の名前が変わったなら、読み方を直してください" in kanri.text(url)
    connected = kanri.client.post(url + "connection/", {"path": "company.duckdb", "table": "used"})
    assert connected.status_code == 302 and "action" in TableRead.objects.get().found
    kanri.post(f"/settings/sources/{table.source_id}/close/")
    assert kanri.post(url + "read/").status_code in (302, 422) and asked == []
    assert kanri.text(url).count("今すぐ読む") == 0


def test_a_password_is_kept_sealed_and_goes_nowhere_else(
    read_folder: Path, desk: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[str, str]] = []

    def columns(place: Any) -> list[str]:
        tried.append((place.options["host"], place.secret))
        return ["id"]

    monkeypatch.setattr("banso_web.connectors.actions.columns_of", columns)
    kanri = desk("kanri")
    way = {"host": "db.example.jp", "database": "d", "user": "banso", "table": "used"}
    kanri.post(f"{NEW}?engine=postgres", name="本番", target="usage_daily", secret="s3cret-word", **way)
    table = TableRead.objects.get()
    url = f"/settings/sources/tables/{table.source_id}/"
    assert (
        "s3cret" not in json.dumps(table.options) + table.secret
        and unsealed(table.secret, "table") == "s3cret-word"
    )
    assert "s3cret" not in kanri.text(url)
    assert kanri.post(url + "connection/", **way).status_code == 302  # kept: the same place
    other = kanri.post(url + "connection/", **{**way, "host": "evil.example.jp"})
    assert other.status_code == 422 and "パスワードも入れてください" in other.content.decode()
    assert kanri.post(url + "connection/", **{**way, "port": "5433"}).status_code == 422
    assert tried == [("db.example.jp", "s3cret-word")] * 2
    monkeypatch.setenv("BANSO_READ_DB", "from outside")
    assert kanri.post(url + "connection/", **way, secret_env="BANSO_READ_DB").status_code == 302
    refused = kanri.post(url + "connection/", **way, secret_env="BANSO_SECRET_KEY")
    assert refused.status_code == 422 and tried[-1][1] == "from outside"
    assert "s3cret" not in str(list(AuditRow.objects.values("old", "new")))
    # Sealed under another secret key of the home.
    TableRead.objects.update(options=way, secret="x", cursor="id", columns={"account_id": "id"})
    read_table.call(table.pk)
    assert "接続の欄で入れ直してください" in kanri.text(url)


def test_only_who_manages_sources(read_folder: Path, desk: Desks) -> None:
    in_duckdb(read_folder)
    desk("kanri").client.post(
        f"{NEW}?engine=duckdb", {"name": "x", "target": "events", "path": "company.duckdb", "table": "used"}
    )
    url = f"/settings/sources/tables/{TableRead.objects.get().source_id}/"
    for who in ("tanaka", "sato", "yamamoto"):
        assert desk(who).get(url).status_code == 403 and desk(who).get(NEW).status_code == 403
        for deed in ("reading/", "connection/", "read/"):
            assert desk(who).post(url + deed).status_code == 403
    assert desk("kanri").get("/settings/sources/tables/999/").status_code == 404
    assert desk("kanri").get(f"{NEW}?engine=oracle").status_code == 200  # the choice again


def test_every_problem_has_words_in_both_languages() -> None:
    from django.utils import translation

    for code in PROBLEMS:
        with translation.override("ja"):
            japanese = problem_text({"code": code, "path": "x", "text": "50% y"})
        with translation.override("en"):
            assert problem_text({"code": code}) != japanese, code
    assert problem_text({}) == "" and hosts.SECRET_NAME.fullmatch("BANSO_READ_X")
