"""The KGI・KPI board of a month: figures with target, trend and owner, the tree, and what has no countermeasure yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from banso_web.core import settings_store
from banso_web.core.facts import Asked, Memo
from banso_web.core.metrics import MetricResult, MetricSpec, Scope, catalogue, plain
from banso_web.core.ui.figures import Figure
from banso_web.reports.board import ALL, GROUPS, KGI, WAITING, Group, Line, name_key
from banso_web.reports.question import Question
from banso_web.reports.reads.countermeasures import Measure, covered, is_quiet, measures, newest_by_metric
from banso_web.reports.reads.figures import Answers, answers, ask, begun, figure, interval_text
from banso_web.reports.reads.targets import (
    FISCAL_YEAR,
    TargetLine,
    all_targets,
    in_force,
    monthly_in_force,
    scope_of,
)
from banso_web.reports.reads.trend import Spark, months, spark
from banso_web.reports.words import INTERVALS
from banso_web.revenue.actions.closing import question as closing_question
from banso_web.revenue.reads.closing import Closed, standing
from banso_web.revenue.reads.months import scope_key


@dataclass(frozen=True)
class Tile:
    """One figure of the board with everything beside it."""

    line: Line
    spec: MetricSpec
    figure: Figure
    result: MetricResult | None
    target: TargetLine | None
    yearly: TargetLine | None
    spark: Spark | None
    measures: tuple[Measure, ...]
    detail_url: str
    quiet: bool = False  # a measure was written, but none in the last thirty days
    reported: Decimal | None = None  # of the closing that stands, where it differs from today's value

    @property
    def met(self) -> bool | None:
        return self.figure.target_met

    @property
    def uncovered(self) -> bool:
        """未達 without 改善策."""
        return self.met is False and not self.measures

    @property
    def interval(self) -> str:
        return interval_text(self.result) if self.result else ""

    @property
    def interval_word(self) -> Any:
        """By which method the interval was made."""
        made = self.result.interval if self.result else None
        return INTERVALS.get(made.method, "") if made else ""

    @property
    def notes(self) -> tuple[str, ...]:
        return self.result.notes if self.result else ()

    @property
    def reported_text(self) -> str:
        """The signed figure beside today's, where they differ."""
        return "" if self.reported is None else self.figure.text(self.reported)

    @property
    def current_text(self) -> str:
        return "" if self.figure.value is None else self.figure.text(self.figure.value)

    @property
    def yearly_text(self) -> str:
        if self.yearly is None:
            return ""
        return f"{'≦' if self.yearly.op == '<=' else '≧'} {self.figure.text(self.yearly.value)}"

    @property
    def pooled(self) -> Any:
        """Three months pooled (Σ churned ÷ Σ opening), where the metric knows them."""
        return self.result.parts.get("pooled_3_months") if self.result else None


@dataclass(frozen=True)
class Section:
    """A group of the board under the organisation's own name. waiting: figures that cannot be computed yet."""

    group: Group
    name: str
    tiles: tuple[Tile, ...]
    waiting: tuple[Any, ...] = ()


def _section(group: Group, tile: Callable[[Line], Tile]) -> Section:
    return Section(
        group,
        settings_store.get(name_key(group)) or str(group.name),
        tuple(tile(line) for line in group.lines if line.key in catalogue),
        tuple(WAITING[line.key] for line in group.lines if line.key in WAITING and line.key not in catalogue),
    )


@dataclass(frozen=True)
class Unaddressed:
    """A missed target without 改善策: which metric, for whom, by how much."""

    metric: str
    name: Any
    scope: str
    figure: Figure
    target: TargetLine
    url: str

    @property
    def label(self) -> str:
        return f"{self.name}({self.scope})" if self.scope else str(self.name)


@dataclass(frozen=True)
class Board:
    question: Question
    kgi: tuple[Tile, ...]
    sections: tuple[Section, ...]
    answers: Answers
    measures: tuple[Measure, ...]
    unaddressed: tuple[Unaddressed, ...]
    closed: Closed | None

    @property
    def tiles(self) -> list[Tile]:
        return [*self.kgi, *(tile for section in self.sections for tile in section.tiles)]


def board(question: Question) -> Board:
    """Everything the page shows. A constant number of queries; figures are kept while nothing changes."""
    found = answers(question)
    targets = all_targets(question.asked)
    written, newest = measures(question.asked, month=question.month), newest_by_metric(question.asked)
    closed = standing(question.month) if question.scope == Scope() else None
    rows = months(question)

    def tile(line: Line) -> Tile:
        result = found.of.get(line.key)
        scope = question.scope.key
        target = in_force(targets, line.key, scope, question.month)
        return Tile(
            line=line,
            spec=catalogue[line.key],
            figure=figure(question, line, result, target),
            result=result,
            target=target,
            yearly=in_force(targets, line.key, scope, question.month, FISCAL_YEAR),
            spark=spark(rows, line.trend, target.value if target else None) if line.trend else None,
            measures=tuple(one for one in written if one.metric == line.key),
            detail_url=question.url("kpi_detail", line.key),
            reported=_reported(closed, line, result),
            quiet=is_quiet(newest.get(line.key), question.asked.as_of),
        )

    return Board(
        question=question,
        kgi=tuple(tile(line) for line in KGI if line.key in catalogue),
        sections=tuple(_section(group, tile) for group in GROUPS),
        answers=found,
        measures=tuple(written),
        unaddressed=tuple(unaddressed(question, targets, written)),
        closed=closed,
    )


def _reported(closed: Closed | None, line: Line, result: MetricResult | None) -> Decimal | None:
    """What the closing reported, where today's answer prints otherwise."""
    text = closed.values.get(line.key, {}).get("value") if closed else None
    if text is None or line.at == "asked" or result is None:
        return None
    return Decimal(text) if plain(result.value) != plain(Decimal(text)) else None


def unaddressed(
    question: Question, targets: Sequence[TargetLine], written: Sequence[Measure]
) -> list[Unaddressed]:
    """Of every monthly target in force, company or segment: those missed in the month and without 改善策."""
    has = covered(written)
    out = []
    for target in monthly_in_force(targets, question.month):
        line, scope = ALL.get(target.metric), scope_of(target.scope)
        if line is None or scope is None or target.metric in has or target.metric not in catalogue:
            continue
        asked = Question(question.asked, question.month, scope)
        result = (
            answers(asked).of.get(line.key)
            if scope == Scope() or scope == question.scope
            else _one(asked, line)
        )
        if result is None or result.value is None or target.met_by(result.value):
            continue
        shown = figure(asked, line, result, target)
        out.append(
            Unaddressed(
                target.metric,
                catalogue[target.metric].name,
                target.scope,
                shown,
                target,
                asked.url("kpi_detail", target.metric),
            )
        )
    return out


_single: Memo[MetricResult] = Memo(200)


def _one(question: Question, line: Line) -> MetricResult | None:
    """A single figure of another scope, kept like a board's."""
    if not begun(question, line):
        return None
    key = (question.asked.key, question.month, scope_key(question.scope), line.key, get_language())
    return _single.get(key, lambda: ask(question, line))


def red_lines(asked: Asked, month: date) -> list[Tile]:
    """Every missed company target of a month, with or without 改善策: each needs a comment at the close (KPI-06)."""
    shown = board(Question(asked, month, Scope()))
    return [tile for tile in shown.tiles if tile.met is False]


def closing_reasons(month: date, red_comments: Mapping[str, str]) -> list[str]:
    """Why a month cannot be closed yet: a 未達 KPI without 改善策, or without a comment of the closing.

    Registered in `registry.closing_checks`; asks what the closing itself asks.
    """
    asked = closing_question(month)
    shown = board(Question(asked, month, Scope()))
    missed = _("未達のKPIに改善策がありません。改善策を登録してください: %(name)s %(value)s(目標 %(target)s)")
    silent = _("未達のKPIにコメントがありません。締めのコメントを書いてください: %(name)s")
    reasons = [
        missed
        % {"name": one.label, "value": one.figure.text(one.figure.value), "target": one.figure.target_text}
        for one in shown.unaddressed
    ]
    red = [tile for tile in shown.tiles if tile.met is False]
    return reasons + [
        silent % {"name": tile.spec.name} for tile in red if not red_comments.get(tile.line.key, "").strip()
    ]
