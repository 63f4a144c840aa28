"""`banso metric` and `banso metrics`."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _
from django.utils.translation import override

from banso_web.core.asking import Unreadable, read_asked
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked
from banso_web.core.metrics import (
    COUNT,
    POINTS,
    RATIO,
    MetricResult,
    Scope,
    Side,
    as_json,
    catalogue,
    compute,
    month_start,
    plain,
    spec_of,
    total_of,
)
from banso_web.core.registry import registry
from banso_web.core.ui.formats import count_text, date_text
from banso_web.revenue.reads.customers import rules_at

# Keys of the catalogue whose capability comes with a later release.
LATER = frozenset(
    [
        "onboarding_rate",
        "onboarding_rate_total",
    ]
)


class WrongArgument(click.ClickException):
    """One clear line, and the exit code of a bad argument."""

    exit_code = 2


def _overrides(pairs: tuple[str, ...]) -> dict[str, Decimal]:
    found = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        number = text.strip().replace(",", "")
        try:
            value = Decimal(number[:-1]) / 100 if number.endswith("%") else Decimal(number)
        except InvalidOperation as problem:
            wrong = _("「%(pair)s」は key=数値 の形ではありません(例: gross_margin=0.7)。")
            raise click.BadParameter(wrong % {"pair": pair}) from problem
        if not equals or not value.is_finite():
            raise click.BadParameter(
                _("「%(pair)s」は key=数値 の形ではありません(例: gross_margin=0.7)。") % {"pair": pair}
            )
        found[key.strip()] = value
    return found


def asked_for(as_of: str | None, known_at: str | None) -> Asked:
    """The question's time part from the command's options, read as the pages read it."""
    try:
        return read_asked({"as_of": as_of or "", "known_at": known_at or ""})
    except Unreadable as problem:
        raise click.BadParameter(problem.message) from problem


def shown(value: Decimal | None, unit: str, reason: str | None = None) -> str:
    """The value as a person reads it: percent to two places, money and counts without fractions, words where unknown."""
    if value is None:
        return reason or _("算出不可")
    if unit == RATIO:
        return f"{value * 100:.2f} %"
    if unit == COUNT:
        return count_text(value, "社")
    if unit == POINTS:
        return f"{value:.1f}"
    if len(unit) == 3 and unit.isupper():
        places = 0 if unit == "JPY" else 2
        return f"{value:,.{places}f} {unit}"
    return _number(round(value, 2))  # for the eye; --json gives every digit


def _number(value: Decimal) -> str:
    """All digits that are known, in groups of three."""
    whole, dot, rest = (plain(value, 20) or "").partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole.lstrip("-").isdecimal() else f"{whole}{dot}{rest}"


COUNTS_CUSTOMERS = (
    "customers",
    "customer_churn",
    "retention",
    "arpa",
)  # what their metrics count, where they count


def _side(result: MetricResult, side: Side, currency: str) -> str:
    """A side's value with its unit: an amount where its rows add up to it, else the number of its rows."""
    if side.value is None:
        return "—"
    is_money = catalogue[result.metric].group == "revenue"  # people, seats and features have no currency
    if is_money and side.rows and side.value == total_of(side.rows):
        return f"{_number(side.value)} {currency}"
    if side.value == len(side.rows) and result.metric.startswith(COUNTS_CUSTOMERS):
        return count_text(side.value, "社")
    return _number(side.value)


def _print(result: MetricResult, currency: str) -> None:
    spec = catalogue[result.metric]
    click.echo(f"{spec.name}  {shown(result.value, result.unit, result.reason)}")
    click.echo(f"  {spec.formula}  (v{result.version})")
    stamp = [_("基準日 %(day)s") % {"day": date_text(result.as_of)}]
    if result.month:
        stamp.append(_("対象月 %(month)s") % {"month": result.month.strftime("%Y-%m")})
    if result.scope.key:
        stamp.append(result.scope.key)
    click.echo("  " + " · ".join(stamp))
    for label, side in ((_("分子"), result.numerator), (_("分母"), result.denominator)):
        if side is not None:
            rows = count_text(len(side.rows), "行")
            click.echo(f"  {label}: {_side(result, side, currency)}  ({rows})")
    if len(result.excluded):
        click.echo("  " + _("除外: %(count)s") % {"count": count_text(len(result.excluded), "行")})
    if result.interval:
        times, form = (100, _("  95%%信頼区間: %(low).1f–%(high).1f %%")) if result.unit == RATIO else (1, _("  95%%信頼区間: %(low).1f–%(high).1f"))  # fmt: skip
        click.echo(form % {"low": result.interval.low * times, "high": result.interval.high * times})
    for note in result.notes:
        click.echo(f"  ※ {note}")


@click.command("metric")
@click.argument("key")
@click.option("--as-of", metavar="DATE")
@click.option("--known-at", metavar="TIME")
@click.option("--month", metavar="YYYY-MM")
@click.option("--segment")
@click.option("--reported", is_flag=True)
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE")
@click.option("--signals", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE")
@click.option("--json", "as_object", is_flag=True)
def metric(
    key: str,
    as_of: str | None,
    known_at: str | None,
    month: str | None,
    segment: str | None,
    reported: bool,
    pairs: tuple[str, ...],
    signals: Path | None,
    as_object: bool,
) -> None:
    if key in LATER and key not in catalogue:
        raise WrongArgument(_("指標「%(key)s」はまだ計算できません(今後の版で加わります)。") % {"key": key})
    try:
        if month is not None:
            month_start(month)
        if signals is not None:
            result = _given(key, signals, asked_for(as_of, known_at))
        else:
            result = compute(
                key,
                asked_for(as_of, known_at),
                month=month,
                scope=Scope(segment=segment),
                overrides=_overrides(pairs),
                reported=reported,
            )
    except Refused as refused:
        raise WrongArgument(refused.message) from refused
    if as_object:
        click.echo(json.dumps(as_json(result), ensure_ascii=False, indent=2))
    else:
        _print(result, rules_at(asked_for(as_of, known_at)).currency)


def _given(key: str, path: Path, asked: Asked) -> MetricResult:
    given = spec_of(key).given
    if given is None:
        raise WrongArgument(
            _("%(name)s はシグナルのファイルからは計算できません。") % {"name": catalogue[key].name}
        )
    return given(path, asked)


def _both(text: Any) -> tuple[str, str]:
    with override("ja"):
        japanese = str(text)
    with override("en"):
        return japanese, str(text)


def catalogue_rows() -> list[dict[str, Any]]:
    """The catalogue as data: key, both names, both formulas, unit, version, whether a month is needed."""
    rows = []
    for key, spec in sorted(catalogue.items()):
        (name_ja, name_en), (formula_ja, formula_en) = _both(spec.name), _both(spec.formula)
        rows.append(
            {
                "key": key,
                "name_ja": name_ja,
                "name_en": name_en,
                "unit": spec.unit,
                "version": spec.version,
                "monthly": spec.monthly,
                "formula_ja": formula_ja,
                "formula_en": formula_en,
            }
        )
    return rows


@click.command("metrics")
@click.option("--json", "as_object", is_flag=True)
def metrics(as_object: bool) -> None:
    rows = catalogue_rows()
    if as_object:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(f"{row['key']}  {row['name_ja']} / {row['name_en']}  v{row['version']}")
        click.echo(f"    {row['formula_ja']}")


_HELP = {
    "as_of": _("その日の終わりの状態で計算します(既定: 今日)"),
    "known_at": _("その時点で会社が知っていた事実だけで計算します"),
    "month": _("対象月(月次の指標に必要です)"),
    "segment": _("このセグメントだけで計算します"),
    "reported": _("締めた月の報告値を答えます"),
    "pairs": _("入力を置き換えて試算します(例: gross_margin=0.7)"),
    "signals": _("ファイルに書いたシグナルを、標準のスコアカードで採点します(health のみ)"),
    "as_object": _("JSON で出力します"),
}
metric.help = _("指標を一つ計算し、分子・分母・除外とともに示します。")
metrics.help = _("指標の一覧: キー、日本語名、英語名、版、計算式。")
for _command in (metric, metrics):
    for _option in _command.params:
        if isinstance(_option, click.Option) and _option.name in _HELP:
            _option.help = _HELP[_option.name]
registry.commands.append(metric)
registry.commands.append(metrics)
