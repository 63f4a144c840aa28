"""`banso usage`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.registry import registry
from banso_web.usage.reads.definitions import features
from banso_web.usage.words import VERDICTS


@click.group("usage", help=_l("利用の変化を見ます。"))
def usage_group() -> None:
    pass


@usage_group.command("detect", help=_l("ある日の朝として、全顧客の利用低下を計算し直します。"))
@click.option("--as-of", "as_of", help=_l("基準日(既定は今日)。例: 2026-11-24"))
def detect_command(as_of: str | None) -> None:
    from banso_web.usage.actions import detect, see

    try:
        day = date.fromisoformat(as_of) if as_of else clock.today()
    except ValueError:
        raise click.ClickException(
            _("基準日を 2026-11-24 の形で入れてください。何も計算していません。")
        ) from None
    see()
    try:
        ran = detect(day, actor=None)
    except Refused as problem:
        raise click.ClickException(problem.message) from None
    click.echo(
        _("%(day)s: %(judged)s 社を見て、%(written)s 社の判定が変わり、新しい警告は %(raised)s 件です。")
        % {"day": day, "judged": ran.judged, "written": ran.written, "raised": ran.raised}
    )
    for name, count in sorted(ran.verdicts.items()):
        click.echo(f"  {VERDICTS[name]} {count}")
    for source, days in ran.missing.items():
        if days:
            click.echo(
                _("データ欠測 %(source)s: %(days)s")
                % {"source": source, "days": ", ".join(day.isoformat() for day in days)}
            )


@usage_group.command(
    "features", help=_l("機能の定義を一覧にします。YAML のファイルを渡すと、その定義を保存します。")
)
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
def features_command(path: Path | None) -> None:
    from banso_web.usage import feature_file
    from banso_web.usage.actions.features import save_feature

    if path is not None:
        try:
            with transaction.atomic():
                for code, values in feature_file.read(path.read_text("utf-8")):
                    save_feature(values, actor=None, code=code, reason=path.name)
        except (Refused, UnicodeDecodeError) as problem:
            raise click.ClickException(_told(problem)) from None
    today = clock.today()
    for line in features(Asked(today, today, current_watermark())):
        core = f" ({_('コア機能')})" if line.core else ""
        events = ", ".join(rule.name + ("…" if rule.starts else "") for rule in line.definition.rules)
        click.echo(f"{line.code}  {line.name}{core}  {events}")


def _told(problem: Exception) -> str:
    if isinstance(problem, Refused):
        return " ".join([problem.message, *problem.fields.values()])
    return _("ファイルを UTF-8 で保存してください。何も変えていません。")


registry.commands.append(usage_group)
