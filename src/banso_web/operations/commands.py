"""`banso up`, `demo`, `backup`, `restore`, `doctor`, `schedule`."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click
from django.conf import settings
from django.utils.translation import gettext as _

from banso_web.core.registry import registry
from banso_web.operations import supervise


def _run_lock() -> int:
    """Hold the home for this process; a second `up`, and `restore`, are refused while it lives."""
    settings.BANSO_HOME.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.BANSO_HOME / "run.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        raise click.ClickException(
            _("この場所(%(home)s)では、すでに Banso が動いています。何も変えていません。")
            % {"home": settings.BANSO_HOME}
        ) from busy
    return descriptor


def _serve(workers: int) -> None:
    host, port = settings.ENV.host, settings.ENV.port
    lock = _run_lock()
    if not supervise.port_is_free(host, port):
        raise click.ClickException(
            _("ポート %(port)s は使われています。BANSO_PORT で別の番号を選んでください。") % {"port": port}
        )
    shown = (
        settings.ENV.public_url
        or f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"
    )
    lines = [_("Banso が動いています: %(address)s") % {"address": shown}]
    from banso_web.members.setup import setup_token

    token = setup_token()
    if token:
        lines.append(
            _("最初の利用者をここで作ります: %(address)s/setup/?token=%(token)s")
            % {"address": shown, "token": token}
        )
    collect_port: int | None = settings.ENV.collect_port or None
    if collect_port and not supervise.port_is_free(host, collect_port):
        collect_port = None
        lines.append(
            _(
                "ポート %(port)s は使われているため、イベントの受け口は画面と同じポートだけです。BANSO_COLLECT_PORT で別の番号を選べます。"
            )
            % {"port": settings.ENV.collect_port}
        )
    family = supervise.children(host, port, workers=workers, collect_port=collect_port)
    supervise.supervise(family, ready="\n".join(lines), host=host, port=port)
    os.close(lock)


@click.command(help=_("すべてを起動します(画面・ジョブ・定期実行)。"))
@click.option("--workers", default=2, show_default=True, help=_("画面のプロセス数"))
def up(workers: int) -> None:
    _serve(workers)


@click.command(help=_("サンプル会社を入れて起動します。"))
@click.option("--workers", default=2, show_default=True, help=_("画面のプロセス数"))
@click.option("--no-serve", is_flag=True, help=_("データを用意するだけで、起動しません。"))
def demo(workers: int, no_serve: bool) -> None:
    from banso_web.operations.sample import load_sample, sample_sign_in

    load_sample(click.echo)
    click.echo(sample_sign_in())
    if not no_serve:
        _serve(workers)


@click.command(help=_("控えを一つのファイルに取ります。動かしたままで構いません。"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    from banso_web.operations import backup as work

    try:
        proof = work.backup(file)
    except OSError as problem:
        raise click.ClickException(
            _("控えを書けませんでした(%(why)s)。書きかけのファイルは消しました。データはそのままです。")
            % {"why": problem.strerror or problem}
        ) from problem
    if proof.integrity != "ok":
        raise click.ClickException(_("控えの検査に通りませんでした: %(found)s") % {"found": proof.integrity})
    click.echo(
        _("控えを取りました: %(file)s(表 %(tables)s、行 %(rows)s、ファイル %(files)s、sha256 %(sum)s)")
        % {
            "file": file,
            "tables": len(proof.tables),
            "rows": sum(proof.tables.values()),
            "files": proof.files,
            "sum": proof.sha256,
        }
    )
    from banso_web.warehouse.store import event_store

    if not event_store().in_home:
        click.echo(
            _(
                "利用イベントは ClickHouse にあり、この控えには入っていません。ClickHouse の控えを別に取ってください。"
            )
        )


@click.command(help=_("控えから戻し、行数・検査値・整合性を確かめます。"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help=_("いまあるデータを置き換えます。"))
def restore(file: Path, replace: bool) -> None:
    from banso_web.operations import backup as work

    lock = _run_lock()
    try:
        proof = work.restore(file, replace=replace)
    except work.BadArchive as problem:
        raise click.ClickException(
            _("この控えからは戻せません(%(why)s)。いまのデータはそのままです。") % {"why": problem}
        ) from problem
    except OSError as problem:
        if not isinstance(problem, FileExistsError):
            raise click.ClickException(
                _("控えを広げられませんでした(%(why)s)。いまのデータはそのままです。")
                % {"why": problem.strerror or problem}
            ) from problem
        raise click.ClickException(
            _(
                "この場所にはすでにデータがあります。置き換えるときは --replace を付けてください。何も変えていません。"
            )
        ) from problem
    finally:
        os.close(lock)
    from banso_web.operations.prepare import prepare

    prepare()
    from banso_web.accounts.actions.erasure import replay_erasures
    from banso_web.warehouse.compactor import forget_lease

    forget_lease()
    again = replay_erasures()
    if again:
        click.echo(_("消去した担当者 %(n)s 名の個人情報を、もう一度消しました。") % {"n": again})
    click.echo(
        _("戻しました。表 %(tables)s、行 %(rows)s、すべての検査値が一致し、整合性は %(integrity)s です。")
        % {"tables": len(proof.tables), "rows": sum(proof.tables.values()), "integrity": proof.integrity}
    )


@click.command(help=_("この機械とデータの具合を調べ、直し方を示します。"))
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    from banso_web.operations.doctor import State, examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        marks = {State.OK: "○", State.WARNING: "△", State.BROKEN: "×"}
        for finding in findings:
            click.echo(f"{marks[finding.state]} {finding.check:<12} {finding.found}")
            if finding.mend:
                click.echo(f"    → {finding.mend}")
    sys.exit(1 if any(finding.state == State.BROKEN for finding in findings) else 0)


@click.command(hidden=True)
def schedule() -> None:
    from banso_web.operations.schedule import loop

    loop()


registry.commands.extend([up, demo, backup, restore, doctor, schedule])
