"""`banso compact`, which the compactor process runs, and `banso events move`."""

from __future__ import annotations

import time

import click
from django.db import close_old_connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.core.errors import Refused
from banso_web.core.registry import registry
from banso_web.warehouse.port import StoreUnavailable

PAUSE = 2.0
UNAVAILABLE_PAUSE = 30.0
TIDY_SECONDS = 3600.0


@click.command("compact", help=_l("受け取ったイベントを保管庫に入れます(ふだんは自動で動きます)。"))
@click.option("--loop", is_flag=True, hidden=True)
def compact_command(loop: bool) -> None:
    from banso_web.warehouse.compactor import compact, tidy

    if not loop:
        done = compact()
        tidy()
        click.echo(
            _("取り込み %(accepted)s 件、重複 %(duplicates)s 件、受け付けなかったもの %(rejected)s 件")
            % {"accepted": done.accepted, "duplicates": done.duplicates, "rejected": done.rejected}
        )
        if done.damaged_bytes:
            click.echo(
                _("読めない部分が %(bytes)s バイトありました。ディスクを調べてください。")
                % {"bytes": done.damaged_bytes}
            )
        return
    tidied = float("-inf")
    while True:
        try:
            compact()
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidy()
                tidied = time.monotonic()
        except (StoreUnavailable, OSError) as problem:  # the logs wait, and so does this
            click.echo(getattr(problem, "message", problem), err=True)
            time.sleep(UNAVAILABLE_PAUSE)
        close_old_connections()
        time.sleep(PAUSE)


@click.group("events", help=_l("利用イベントの保管庫を扱います。"))
def events_group() -> None:
    pass


@events_group.command("move", help=_l("この場所のファイルにあるイベントを ClickHouse に移します。"))
@click.option(
    "--from", "origin", envvar="BANSO_EVENTS_FROM", metavar="URL", default="",
    help=_l("この ClickHouse から、この場所のファイルに戻します(環境変数 BANSO_EVENTS_FROM でも指定できます)。"),
)  # fmt: skip
def move_command(origin: str) -> None:
    from banso_web.warehouse.moving import move, move_back
    from banso_web.warehouse.store import clickhouse_at, event_store

    def told(of: str, events: int) -> None:
        click.echo(f"{of}: {events}")

    try:
        if origin and not event_store().in_home:
            raise click.ClickException(
                _("戻す先がこの場所ではありません。BANSO_EVENTS_URL を外してください。何も変えていません。")
            )
        if not origin and event_store().in_home:
            raise click.ClickException(
                _(
                    "移す先がありません。BANSO_EVENTS_URL に ClickHouse を設定してください。何も変えていません。"
                )
            )
        moved = move_back(clickhouse_at(origin), told) if origin else move(told)
    except (Refused, StoreUnavailable) as problem:
        raise click.ClickException(problem.message) from problem
    click.echo(_("%(n)s 件のイベントを移しました。") % {"n": moved})


@events_group.command(
    "set-aside", help=_l("壊れた保管庫のファイルを外し、ほかのファイルを読めるようにします。")
)
@click.argument("file")
def set_aside_command(file: str) -> None:
    from banso_web.warehouse.embedded import folder
    from banso_web.warehouse.soundness import set_aside

    try:
        gone = set_aside(file, folder())
    except Refused as problem:
        raise click.ClickException(problem.message) from problem
    click.echo(
        _("%(file)s を events/damaged に移しました。%(first)s〜%(last)s の %(rows)s 件は数えられません。")
        % {"file": gone.path, "first": gone.first_day, "last": gone.last_day, "rows": gone.rows}
    )


registry.commands += [compact_command, events_group]
