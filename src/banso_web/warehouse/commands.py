"""`banso compact`: what the compactor process runs."""

from __future__ import annotations

import time

import click
from django.db import close_old_connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.core.registry import registry

PAUSE = 2.0
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
        compact()
        if time.monotonic() - tidied > TIDY_SECONDS:
            tidy()
            tidied = time.monotonic()
        close_old_connections()
        time.sleep(PAUSE)


registry.commands.append(compact_command)
