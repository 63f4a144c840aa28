"""`banso import`."""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _

from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.registry import registry
from banso_web.ingest import actions, checking, doubling, undoing
from banso_web.ingest.inputs import Input, UnknownFile, inputs_of
from banso_web.ingest.looks import RECIPES
from banso_web.ingest.mapping import sql
from banso_web.ingest.models import ImportRun
from banso_web.ingest.readers.problems import ReadProblem
from banso_web.ingest.recipe_command import checked_run, read_answers
from banso_web.ingest.rejected import HEADERS, rejected_line, safe
from banso_web.ingest.rows import MissingColumns
from banso_web.ingest.words import failure_data, failure_text, note_text

COLUMNS = ("read", "new", "changed", "same", "rejected")


def say(text: str = "") -> None:
    click.echo(text)


def stop(text: str) -> None:
    """End with a message and exit status 1."""
    click.echo(text, err=True)
    sys.exit(1)


def _print_counts(counts: dict[str, dict[str, Any]]) -> None:
    say(f"{_('ファイル')}\t{_('読込')}\t{_('新規')}\t{_('変更')}\t{_('同じ')}\t{_('取込不可')}")
    for name, row in counts.items():
        say("\t".join([name, *(str(row.get(word, 0)) for word in COLUMNS)]))


def _write_rejected(path: Path, refusals: list[checking.Refusal]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([str(header) for header in HEADERS])
        for one in refusals:
            line = rejected_line(one.file, one.number, one.column, one.code, one.detail, one.raw)
            writer.writerow([safe(cell) for cell in line])


def _rejected_path() -> Path:
    return Path.cwd() / f"rejected-{clock.now().astimezone(clock.JST):%Y%m%d-%H%M%S}.csv"


@click.command("import", help=_("ファイルまたはフォルダーを取り込みます。"))
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("確かめるだけで、データを変えません。"))
@click.option("--mapping", type=click.Path(path_type=Path, exists=True), help=_("対応づけのファイル(YAML)"))
@click.option("--accept-rejects", is_flag=True, help=_("取り込めない行を除いて取り込みます。"))
@click.option(
    "--known",
    type=click.Choice(["now", "effective"]),
    default="now",
    help=_(
        "把握日時(recorded_at)がない行を、いま分かったもの(now)とするか、起きた日に分かったもの(effective)とするか"
    ),
)
@click.option("--kind", default="", help=_("ファイルの種類(accounts、ledger など)"))
@click.option(
    "--answer",
    multiple=True,
    metavar="KEY=VALUE",
    help=_("資料の読み方の答え(例 end_reading=day_after)"),
)
@click.option("--sheet", default="", help=_("Excel のシートの名前"))
@click.option("--header-row", type=int, default=None, help=_("見出しの行番号"))
@click.option(
    "--rejected",
    type=click.Path(path_type=Path),
    default=None,
    help=_("取り込めない行の書き出し先"),
)
@click.option("--undo", type=int, default=None, metavar="RUN", help=_("取り込みを取り消します。"))
@click.option("--resume", type=int, default=None, metavar="RUN", help=_("中断した取り込みを続けます。"))
@click.option("--drop", type=int, default=None, metavar="RUN", help=_("中断した取り込みを捨てます。"))
@click.option("--yes", is_flag=True, help=_("確認を求めずに進めます。"))
def import_command(
    path: Path | None, undo: int | None, resume: int | None, drop: int | None, **options: Any
) -> None:
    try:
        if undo is not None:
            _undo(undo, options["yes"])
        elif resume is not None:
            _report(actions.resume_run(_run(resume), actor=None), options)
        elif drop is not None:
            actions.drop_run(_run(drop), actor=None)
            say(_("取り込み %(run)s を破棄しました。データは変わっていません。") % {"run": drop})
        elif path is None:
            stop(_("取り込むファイルかフォルダーを指定してください。"))
        else:
            _import(path, options)
    except Refused as refused:
        stop(refused.message)
    except (ReadProblem, MissingColumns, UnknownFile, FileNotFoundError, sql.MappingWrong) as problem:
        stop(failure_text(failure_data(problem)))


def _run(number: int) -> ImportRun:
    run = ImportRun.objects.filter(pk=number).first()
    if run is None:
        raise Refused(_("取り込み %(run)s は見つかりません。") % {"run": number}, code="no_such_run")
    return run


def _undo(number: int, accept: bool) -> None:
    undoing.undo_run(_run(number), actor=None, reason="banso import --undo", accept=accept)
    say(_("取り込み %(run)s を取り消しました。以前の基準番号での数字は変わりません。") % {"run": number})


def _import(path: Path, options: dict[str, Any]) -> None:
    if options["kind"] in RECIPES:
        _derive(path, options)
        return
    with tempfile.TemporaryDirectory(prefix="banso-import-") as folder:
        files = _mapped(path, Path(folder), options) if options["mapping"] else _plain(path, options)
        if options["dry_run"]:
            _dry_run(files, options)
            return
        doubled = read_answers(options["answer"]).get("doubling", "")
        run = actions.start_run(files, actor=None, label=path.name, known=options["known"])
        doubling.answer(run, doubled)
    _publish(actions.check_run(run), options)


def _derive(path: Path, options: dict[str, Any]) -> None:
    """A company's own file (契約台帳, 月次MRR表, …) through its recipe."""
    run = checked_run(
        path, options["kind"], sheet=options["sheet"], header_row=options["header_row"], known=options["known"],
        answers=options["answer"], dry_run=options["dry_run"],
    )  # fmt: skip
    if run is None:
        say(_("確認だけを行いました。何も書いていません。"))
    else:
        _publish(run, options)


def _publish(run: ImportRun, options: dict[str, Any]) -> None:
    if run.state == ImportRun.State.READY and doubling.declined(run):
        actions.drop_run(run, actor=None)
        say(_("取り込み %(run)s を破棄しました。データは変わっていません。") % {"run": run.pk})
        return
    if run.state == ImportRun.State.READY and (not run.rejected.exists() or options["accept_rejects"]):
        run = actions.confirm_run(run, actor=None, accept_rejects=options["accept_rejects"])
    _report(run, options)


def _mapped(path: Path, folder: Path, options: dict[str, Any]) -> list[Input]:
    """The canonical files that a mapping makes of what lies at the path."""
    if not path.exists():
        raise FileNotFoundError(str(path))
    mapping = sql.parse(options["mapping"].read_text("utf-8"))
    if mapping.known and options["known"] == "now":
        options["known"] = mapping.known
    return sql.run(mapping, sql.input_tables(mapping, path), folder)


def _plain(path: Path, options: dict[str, Any]) -> list[Input]:
    files, aside = inputs_of(path, kind=options["kind"])
    for name in aside:
        say(_("取り込まないファイル: %(name)s") % {"name": name})
    if len(files) == 1:
        one = files[0]
        files = [Input(one.kind, one.path, one.name, options["sheet"], options["header_row"])]
    return files


def _dry_run(files: list[Input], options: dict[str, Any]) -> None:
    """Counts, notes and refused rows. Exit status 1 where rows are refused, as the import itself would end."""
    refusals: list[checking.Refusal] = []
    context = checking.new_context(known=options["known"])
    reports = checking.check(files, context, refusals.extend, lambda name, done: None)
    _print_counts({report.input.place: report.as_json() for report in reports})
    for note in actions.notes_of(context, reports):
        say(note_text(note))
    if refusals:
        target = options["rejected"] or _rejected_path()
        _write_rejected(target, refusals)
        say(_("取り込めない行の一覧: %(path)s") % {"path": target})
        stop(
            _(
                "確認だけを行いました。取り込めない行があります。書いたファイルは上の一覧だけで、データは変わっていません。"
            )
        )
    say(_("確認だけを行いました。何も書いていません。"))


def _report(run: ImportRun, options: dict[str, Any]) -> None:
    if run.state == ImportRun.State.FAILED:
        stop("\n".join(failure_text(note) for note in run.notes))
    _print_counts(run.counts)
    for note in run.notes:
        say(note_text(note))
    if run.rejected.exists():
        target = options["rejected"] or _rejected_path()
        rows = run.rejected.order_by("file", "row_number").iterator()
        fields = ("file", "row_number", "column", "code", "detail", "raw")
        _write_rejected(target, [checking.Refusal(*(getattr(row, name) for name in fields)) for row in rows])
        say(_("取り込めない行の一覧: %(path)s") % {"path": target})
    if run.state == ImportRun.State.READY:
        stop(
            _(
                "取り込めない行があるため、まだ何も書いていません。残りの行だけを取り込むには --accept-rejects を付けてください。"
            )
        )
    if run.entry is None:
        say(_("取り込み %(run)s: 変更はありません。何も書いていません。") % {"run": run.pk})
    else:
        say(
            _("取り込み %(run)s を公開しました(基準番号 %(mark)s)。") % {"run": run.pk, "mark": run.entry.seq}
        )


registry.commands.append(import_command)
