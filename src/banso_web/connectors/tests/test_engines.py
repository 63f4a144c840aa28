"""Every engine gives the same rows, reads and nothing else, and says in a code what is wrong."""

from __future__ import annotations

import socket
import subprocess
import sys
import types
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from banso_web.connectors import hosts, query
from banso_web.connectors.engines import Place, duck, opened
from banso_web.connectors.problems import ReadFailed
from banso_web.connectors.tests.conftest import Company, in_duckdb

pytestmark = pytest.mark.django_db
ROW = (
    "e1",
    "2026-11-20 10:00:00.123456+09",
    "u1",
    "A010",
    "申請",
    "1.50",
    "2026-11-20",
    "2026-11-20 10:00:00",
)
NAMES = ["id", "at", "who", "company", "did", "n", "day", "local_at"]


def code_of(place: Place, wanted: tuple[str, ...] = ("id",), cursor: str = "at") -> str:
    try:
        with opened(place) as reader:
            list(reader.fetch(query.reading(reader.table, wanted, cursor, "")))
    except ReadFailed as problem:
        return problem.code
    return ""


def test_rows_come_typed_and_in_order(company: Company) -> None:
    company.add(
        ROW,
        ("e0", "2026-11-19 00:00+00", None, "A010", 'it\'s "50%" \\ $1', None, None, None),
        ("e9", None, "u", "A", "x", None, None, None),
    )
    with opened(company.place) as reader:
        assert reader.columns() == NAMES
        first, second = reader.fetch(query.reading(reader.table, NAMES, "at", ""))
        assert tuple(first)[:6] == (
            "e0",
            datetime(2026, 11, 19, tzinfo=UTC),
            None,
            "A010",
            'it\'s "50%" \\ $1',
            None,
        )
        moment = datetime(2026, 11, 20, 1, 0, 0, 123456, tzinfo=UTC)
        assert tuple(second)[1] == moment and tuple(second)[5:7] == (Decimal("1.50"), date(2026, 11, 20))
        assert tuple(second)[7].tzinfo is None
        again = list(reader.fetch(query.reading(reader.table, ["id"], "at", reader.mark), [moment]))
        assert [tuple(row) for row in again] == [("e1",)]
        (row,) = reader.fetch(query.without_cursor(reader.table, "at"))
        assert row[0] == 1


def test_what_is_not_there_has_a_code(company: Company) -> None:
    assert code_of(company.place, ("gone",)) == "no_column"
    if company.place.engine != "parquet":
        other = Place(company.place.engine, company.place.options, "", "nothing")
        assert code_of(other) == "no_table"


def test_nothing_can_be_written(company: Company) -> None:
    company.add(ROW)
    with pytest.raises(ReadFailed), opened(company.place) as reader:
        raw: Any = reader._connection  # type: ignore[attr-defined]
        raw.execute(
            "DELETE FROM used"
            if company.place.engine != "parquet"
            else "COPY (SELECT 1) TO '/tmp/banso-escape.csv'"
        )
    with opened(company.place) as reader:
        assert len(list(reader.fetch(query.reading(reader.table, ["id"], "at", "")))) == 1
    assert not Path("/tmp/banso-escape.csv").exists()


def test_the_sql_of_every_engine() -> None:
    table = query.table_of('表."x".used %')
    asked = query.reading(table, ["利用率%", "a`b"], "at", "BANSO_START")
    assert {dialect: asked.sql(dialect) for dialect in ("postgres", "duckdb", "bigquery", "snowflake")} == {
        "postgres": 'SELECT "利用率%", "a`b" FROM "表"."""x"""."used %" WHERE NOT "at" IS NULL AND "at" >= BANSO_START ORDER BY "at"',
        "duckdb": 'SELECT "利用率%", "a`b" FROM "表"."""x"""."used %" WHERE NOT "at" IS NULL AND "at" >= BANSO_START ORDER BY "at"',
        "bigquery": 'SELECT `利用率%`, `a\\`b` FROM `表`.`"x"`.`used %` WHERE NOT `at` IS NULL AND `at` >= BANSO_START ORDER BY `at` NULLS LAST',
        "snowflake": 'SELECT "利用率%", "a`b" FROM "表"."""x"""."used %" WHERE NOT "at" IS NULL AND "at" >= BANSO_START ORDER BY "at"',
    }
    counted = query.without_cursor(query.table_of("used"), "at")
    assert (
        counted.sql("bigquery")
        == "SELECT COUNT(*) FROM (SELECT 1 FROM `used` WHERE `at` IS NULL LIMIT 1001) AS some_rows"
    )
    assert query.columns(query.table_of("a.b")).sql("snowflake") == 'SELECT * FROM "a"."b" LIMIT 0'
    for wrong in ("", ".", "a..b", "a.b.c.d"):
        with pytest.raises(ValueError):
            query.table_of(wrong)
    assert isinstance(asked, exp.Select)


# DuckDB files and Parquet folders


def test_a_file_that_somebody_writes_is_told(read_folder: Path) -> None:
    company = in_duckdb(read_folder)
    words = f"import duckdb; c = duckdb.connect({str(read_folder / 'company.duckdb')!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "open\n"
        assert code_of(company.place) == "locked"
        writer.communicate("\n")
    assert code_of(company.place) == ""


def test_a_newer_file_and_a_broken_one(read_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (read_folder / "x.duckdb").write_bytes(b"hello" * 1000)
    assert code_of(Place("duckdb", {"path": "x.duckdb"}, "", "t")) == "broken_file"
    # What DuckDB 1.5.6 says of a file of 2.0.0.
    text = """IO Error: Trying to read a database file with version number 69, but we can only read versions between 64 and 68.
The database file was created with a newer version of DuckDB."""

    def refuse(*_given: Any, **_named: Any) -> None:
        raise duckdb.IOException(text)

    monkeypatch.setattr(duck.duckdb, "connect", refuse)
    with pytest.raises(ReadFailed) as told, opened(Place("duckdb", {"path": "x.duckdb"}, "", "t")):
        pass
    assert (told.value.code, told.value.detail["path"]) == ("newer_file", "x.duckdb")


def test_paths_stay_below_the_folder(read_folder: Path, settings: Any) -> None:
    outside = read_folder.parent / "secret.parquet"
    duckdb.sql('SELECT 1 AS id, now()::TIMESTAMP AS "at"').write_parquet(str(outside))
    (read_folder / "link").symlink_to(read_folder.parent)
    (read_folder / "mixed").mkdir()
    (read_folder / "mixed" / "a.parquet").symlink_to(outside)
    (read_folder / "empty").mkdir()
    for path, code in (
        ("../", "outside_folder"),
        (str(read_folder.parent), "outside_folder"),
        ("link", "outside_folder"),
        ("mixed", "outside_folder"),
        ("empty", "no_parquet"),
        ("gone", "no_file"),
        ("a\x00b", "no_file"),
    ):
        assert code_of(Place("parquet", {"path": path}, "", "")) == code, path
    (read_folder / "empty" / "half.parquet").write_bytes(b"PAR1half")
    assert code_of(Place("parquet", {"path": "empty"}, "", "")) == "broken_file"
    settings.ENV = hosts.settings.ENV.__class__(**{**settings.ENV.__dict__, "read_folder": ""})
    assert code_of(Place("parquet", {"path": "empty"}, "", "")) == "no_folder"


def test_a_view_in_the_file_reaches_nothing_else(read_folder: Path) -> None:
    company = in_duckdb(read_folder)
    company.write("CREATE VIEW peek AS SELECT content AS id, now() AS \"at\" FROM read_text('/etc/hostname')")
    assert code_of(Place("duckdb", company.place.options, "", "peek")) == "broken_file"


def test_parquet_files_of_several_shapes_are_one_table(read_folder: Path) -> None:
    (read_folder / "days").mkdir()
    duckdb.sql("SELECT 'a' AS id, TIMESTAMP '2026-11-20' AS \"at\"").write_parquet(
        str(read_folder / "days" / "1.parquet")
    )
    duckdb.sql("SELECT 'b' AS id, TIMESTAMP '2026-11-21' AS \"at\", 7 AS n").write_parquet(
        str(read_folder / "days" / "2.parquet")
    )
    with opened(Place("parquet", {"path": "days"}, "", "")) as reader:
        assert [tuple(row) for row in reader.fetch(query.reading(reader.table, ["id", "n"], "at", ""))] == [
            ("a", None),
            ("b", 7),
        ]


# Hosts


@pytest.mark.parametrize(
    ("address", "fine"),
    [("127.0.0.1", False), ("169.254.169.254", False), ("0.0.0.0", False), ("::1", False), ("::ffff:127.0.0.1", False),
     ("fe80::1%eth0", False), ("224.0.0.1", False), ("10.0.0.5", True), ("203.0.113.9", True), ("64:ff9b::cb00:7109", True),
     ("64:ff9b::169.254.169.254", False), ("64:ff9b:1::a9fe:a9fe", False), ("2002:7f00:1::", False), ("::127.0.0.1", False),
     ("100.100.100.200", False), ("168.63.129.16", False), ("fd00:ec2::254", False), ("fd00::5", True), ("255.255.255.255", False)],
)  # fmt: skip
def test_this_machine_and_the_networks_own_are_not_reached(
    address: str, fine: bool, read_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", (address, 5432))])
    if fine:
        assert hosts.address_of("db.example.jp", 5432) == address
        return
    with pytest.raises(ReadFailed, match="host_not_allowed"):
        hosts.address_of("db.example.jp", 5432)


def test_only_named_hosts_where_some_are_named(
    read_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("127.0.0.1", 5432))])
    settings.ENV = settings.ENV.__class__(**{**settings.ENV.__dict__, "read_hosts": ("localhost",)})
    assert hosts.address_of("localhost", 5432) == "127.0.0.1"
    for host in ("db.example.jp", "/var/run", "a,b", "a b", "", "user@localhost", "localhost'"):
        with pytest.raises(ReadFailed):
            hosts.address_of(host, 5432)


def test_passwords_come_only_from_variables_made_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANSO_READ_SALES", "s3cret")
    assert hosts.secret_of("kept", "") == "kept" and hosts.secret_of("kept", "BANSO_READ_SALES") == "s3cret"
    for name in ("BANSO_SECRET_KEY", "PATH", "BANSO_READ_GONE", "banso_read_sales"):
        with pytest.raises(ReadFailed):
            hosts.secret_of("kept", name)


def test_a_host_that_does_not_answer(read_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_own", lambda _address: False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        place = Place("postgres", {"host": "127.0.0.1", "port": str(taken.getsockname()[1])}, "s3cret", "t")
        with pytest.raises(ReadFailed) as told, opened(place):
            pass
    assert told.value.code == "cannot_connect" and "s3cret" not in str(told.value)
    assert code_of(Place("postgres", {"host": "127.0.0.1", "port": "x"}, "", "t")) == "bad_port"


# BigQuery and Snowflake: what their drivers are asked, through drivers that only write it down


@pytest.mark.parametrize(
    ("engine", "package"),
    [("bigquery", "google-cloud-bigquery"), ("snowflake", "snowflake-connector-python")],
)
def test_a_driver_that_is_not_there_is_named(engine: str, package: str) -> None:
    with pytest.raises(ReadFailed) as told, opened(Place(engine, {"account": "x"}, "", "t")):
        pass
    assert (told.value.code, told.value.detail) == ("no_driver", {"package": package})


class Noted:
    """A connection of the database API that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.description = [("id",), ("at",)]
        self.left = [[("e1",)], []]

    def cursor(self) -> Noted:
        return self

    def execute(self, sql: str, parameters: Any = None) -> None:
        self.asked.append((sql, parameters))

    def fetchmany(self, _size: int) -> Any:
        return self.left.pop(0)

    def close(self) -> None:
        self.asked.append("closed")


def test_what_snowflake_and_bigquery_are_asked(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    noted, logged_in = Noted(), {}

    def connect(**named: Any) -> Noted:
        logged_in.update(named)
        return noted

    package, module = types.ModuleType("snowflake"), types.ModuleType("snowflake.connector")
    module.connect, package.connector = connect, module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "snowflake", package)
    monkeypatch.setitem(sys.modules, "snowflake.connector", module)
    place = Place("snowflake", {"account": "ab12345.ap-northeast-1", "user": "u"}, "pw", "PUBLIC.USED")
    with opened(place) as reader:
        assert reader.columns() == ["id", "at"]
        asked = query.reading(reader.table, ["率%"], "at", reader.mark)
        assert list(reader.fetch(asked, [date(2026, 11, 20)])) == [("e1",)]
    assert noted.asked == [
        ('SELECT * FROM "PUBLIC"."USED" LIMIT 0', None),
        (
            'SELECT "率%%" FROM "PUBLIC"."USED" WHERE NOT "at" IS NULL AND "at" >= %(start)s ORDER BY "at"',
            {"start": date(2026, 11, 20)},
        ),
        "closed",
    ]
    assert (logged_in["account"], logged_in["password"]) == ("ab12345.ap-northeast-1", "pw")
    assert logged_in["host"] == "ab12345.ap-northeast-1.snowflakecomputing.com"
    assert code_of(Place("snowflake", {"account": "evil.example/"}, "", "t")) == "host_not_allowed"

    cloud, bigquery, dbapi = (
        types.ModuleType(name)
        for name in ("google.cloud", "google.cloud.bigquery", "google.cloud.bigquery.dbapi")
    )
    bigquery.Client = types.SimpleNamespace(
        from_service_account_info=lambda key, project: logged_in.update(key)
    )  # type: ignore[attr-defined]
    dbapi.connect = lambda client: noted  # type: ignore[attr-defined]
    bigquery.dbapi, cloud.bigquery = dbapi, bigquery  # type: ignore[attr-defined]
    for one in (cloud, bigquery, dbapi):
        monkeypatch.setitem(sys.modules, one.__name__, one)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    for key in ("", "[]", '{"token_uri": "http://169.254.169.254/"}'):
        assert code_of(Place("bigquery", {}, key, "t")) == "bad_key_file"
    noted.left = [[("e2",)], []]
    good = '{"token_uri": "https://oauth2.googleapis.com/token", "client_email": "x@y", "universe_domain": "evil.example"}'
    logged_in.clear()
    with opened(Place("bigquery", {"project": "p"}, good, "d.used")) as reader:
        assert list(reader.fetch(query.reading(reader.table, ["id"], "at", ""))) == [("e2",)]
    assert noted.asked[-2] == (
        "SELECT `id` FROM `d`.`used` WHERE NOT `at` IS NULL ORDER BY `at` NULLS LAST",
        None,
    )
    assert sorted(logged_in) == ["client_email", "token_uri"]

    named = {**settings.ENV.__dict__, "read_hosts": ("db.example.jp",)}
    settings.ENV = settings.ENV.__class__(**named)
    assert code_of(place) == code_of(Place("bigquery", {}, good, "d.used")) == "host_not_allowed"
    named["read_hosts"] = (
        "bigquery.googleapis.com",
        "oauth2.googleapis.com",
        f"{place.options['account']}.snowflakecomputing.com",
    )
    settings.ENV = settings.ENV.__class__(**named)
    noted.left = [[], []]
    assert code_of(place) == code_of(Place("bigquery", {}, good, "d.used")) == ""
