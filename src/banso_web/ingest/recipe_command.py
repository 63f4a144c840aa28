"""`banso import FILE --kind ledger` (wide, snapshots, deals, invoice_lines): the pages' own way, on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from django.utils.translation import gettext as _

from banso_web.core.errors import Refused
from banso_web.core.ui.formats import joined
from banso_web.ingest import actions, doubling, drafts, saved
from banso_web.ingest.afterwards import Afterwards, after_import
from banso_web.ingest.looks import table_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.preparing import derive_for, prepare, settle_recipe, sources_of, vanished_in
from banso_web.ingest.questions import CHOICES
from banso_web.ingest.recipe import MOST_ROWS, Derivation, TooManyRows
from banso_web.ingest.shaping import Shaping, column_label
from banso_web.ingest.words import reason_text

ANSWERS = {**CHOICES, "doubling": doubling.ANSWERS}


class _OnDisk:
    """A file of the machine as the pages' upload."""

    def __init__(self, path: Path) -> None:
        self.path, self.name, self.size = path, path.name, path.stat().st_size

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            while piece := stream.read(chunk_size or 1 << 20):
                yield piece


def read_answers(given: Sequence[str]) -> dict[str, str]:
    """`("end_reading=day_after",)` as options. Raises Refused for what no recipe asks."""
    found = {}
    for one in given:
        key, _sign, value = one.partition("=")
        if value not in ANSWERS.get(key, ()):
            known = ", ".join(f"{name}={'|'.join(values)}" for name, values in ANSWERS.items())
            raise Refused(
                _("--answer %(given)s は使えません。使えるもの: %(known)s") % {"given": one, "known": known}
            )
        found[key] = value
    return found


def checked_run(
    path: Path,
    kind: str,
    *,
    sheet: str,
    header_row: int | None,
    known: str,
    answers: Sequence[str],
    dry_run: bool,
) -> ImportRun | None:
    """Derive from a file with the saved or suggested mapping, print the months, and check. None after a dry run.

    Raises Refused where a column is open, ReadProblem where the file cannot be read.
    """
    options = read_answers(answers)
    doubled = options.pop("doubling", "")
    if not path.is_file():
        raise FileNotFoundError(str(path))
    run = drafts.receive([_OnDisk(path)], actor=None)
    try:
        uploads = drafts.uploads_of(run)
        upload = uploads[0]
        upload.kind, upload.sheet, upload.header_row = kind, sheet, header_row
        table = table_of(drafts.path_of(run, upload), upload)
        prepare(upload, table, uploads)
        shaping = Shaping.from_json(upload.shaping or {"kind": kind})
        shaping = replace(shaping, options={**shaping.options, **options})
        if missing := shaping.missing():
            names = joined(column_label(one) for one in missing)
            raise Refused(
                _("次の列が決まっていません: %(columns)s。取込の画面で対応づけてください。")
                % {"columns": names}
            )
        upload.shaping = shaping.as_json()
        if not dry_run:
            mapping = saved.save(saved.name_for(upload.name), shaping, table, actor=None)
            upload.mapping = upload.mapping or mapping.pk
        drafts.keep_uploads(run, uploads, known=known)
        made = derive_for(run, sources_of(run))
        after = after_import(run, made, shaping)
        _print(made, after)
        run.options["doubled"] = after.doubled
        doubling.answer(run, doubled)
        if after.doubled:
            click.echo(doubling.words(after.doubled, None))
        if gone := vanished_in(run, made):
            listed = joined(one.code for one in gone[:10])
            words = _(
                "前回あって今回ない契約 %(count)s 件: %(examples)s(--answer gone=withdraw で取り下げ、gone=keep で残す)"
            )
            click.echo(words % {"count": f"{len(gone):,}", "examples": listed})
        if dry_run or not made.derived.movements:
            actions.drop_run(run, actor=None)
            if made.refused:
                words = _("確認だけを行いました。取り込めない行があります。何も書いていません。")
                raise Refused(words, code="rejected_rows")
            return None
        return actions.check_run(settle_recipe(run, made, actor=None))
    except TooManyRows as problem:
        actions.drop_run(run, actor=None)
        words = _(
            "行が多すぎて、この作り方では扱えません(上限 %(limit)s 行)。増減のファイル(movements)にして取り込んでください。"
        )
        raise Refused(words % {"limit": f"{MOST_ROWS:,}"}) from problem
    except Exception:
        if run.state == ImportRun.State.UPLOADED:
            actions.drop_run(run, actor=None)
        raise


def _print(made: Derivation, after: Afterwards) -> None:
    head = (
        _("月"),
        _("月初"),
        _("新規"),
        _("再開"),
        _("増額"),
        _("減額"),
        _("解約"),
        _("月末残高"),
        _("月末日に有効"),
        _("元の表"),
        _("差"),
        _("取り込み後の Banso"),
    )
    for currency, months in after.months.items():
        click.echo("\t".join([f"{head[0]} ({currency})", *head[1:]]))
        for line in months:
            one = line.month
            values = (
                one.opening,
                one.new,
                one.back,
                one.up,
                one.down,
                one.churn,
                one.closing,
                one.in_service,
            )
            sheet = (
                "—" if value is None else f"{value.normalize():f}" for value in (one.sheet, one.difference)
            )
            click.echo(
                "\t".join(
                    [
                        str(one.month),
                        *(f"{value.normalize():f}" for value in values),
                        *sheet,
                        f"{line.after.normalize():f}",
                    ]
                )
            )
    for row in made.refused:
        click.echo(f"{row['file']}\t{row['row']}\t{row['column']}\t{reason_text(row['code'], row['detail'])}")
