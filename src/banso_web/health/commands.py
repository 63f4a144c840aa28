"""`banso backtest`."""

from __future__ import annotations

import json

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.core.errors import NotVisible, Refused
from banso_web.core.registry import registry
from banso_web.core.ui.formats import pct_text
from banso_web.health.backtest_words import ratio_text, reason_word
from banso_web.health.models import BacktestRun
from banso_web.health.reads.backtests import as_json


@click.command(
    "backtest",
    help=_l(
        "スコアカードが解約をどれだけ言い当てたかを、過去の月末ごとに、その時に分かっていたことだけで調べます。"
    ),
)
@click.argument("scorecard")
@click.option("--months", type=int, default=24, show_default=True, help=_l("さかのぼる月数"))
@click.option(
    "--horizon", type=int, default=90, show_default=True, help=_l("何日以内の解約を当てるか(30、90、180)")
)
@click.option("--capacity", type=int, help=_l("月に一人のCS担当が見られる顧客数"))
@click.option("--json", "as_object", is_flag=True, help=_l("JSON で出力します"))
def backtest_command(
    scorecard: str, months: int, horizon: int, capacity: int | None, as_object: bool
) -> None:
    from banso_web.health.actions.backtesting import ask, run_backtest

    try:
        asked = ask(scorecard, actor=None, horizon=horizon, months=months, capacity=capacity)
    except NotVisible:
        raise click.ClickException(
            _("「%(key)s」というスコアカードはありません。何も計算していません。") % {"key": scorecard}
        ) from None
    except Refused as problem:
        raise click.ClickException(problem.message) from None
    run = run_backtest(asked.pk)
    click.echo(json.dumps(as_json(run), ensure_ascii=False, indent=2) if as_object else _told(run))


def _told(run: BacktestRun) -> str:
    score = run.result["score"]
    counted, at = score["counted"], score["capacity"]
    return "\n".join(
        [
            _("%(card)s(%(version)s): %(rows)s 行、解約した顧客 %(gone)s 社。期間が終わっていない %(open)s 行は除きました。")
            % {"card": run.card, "version": run.version, "rows": counted["used"], "gone": counted["accounts_with_event"], "open": counted["not_over"]},
            f"AUC {ratio_text(score['auc'])}",
            f"Brier {ratio_text(score['brier']['score'])}",
            _("適合率 %(value)s") % {"value": ratio_text(at["precision"], pct=True)},
            _("再現率 %(value)s") % {"value": ratio_text(at["recall"], pct=True)},
            _("仮定の記録日にもとづく行 %(share)s") % {"share": _share(run.result["assumed"])},
            _("モデル: %(model)s") % {"model": run.result["model"]["chosen"] or reason_word(run.result["model"]["reason"])},
        ]
    )  # fmt: skip


def _share(one: dict[str, int]) -> str:
    return pct_text(one["assumed"] / one["rows"], 1) if one["rows"] else "—"


registry.commands.append(backtest_command)
