"""Reading revenue. Everything takes `asked: core.facts.Asked` and never the clock.

Front doors for pages, API and commands::

    core.metrics.compute(key, asked, *, month=None, scope=Scope(), overrides={}, reported=False) -> MetricResult
    core.metrics.rows_of(result, part) -> Sequence[Row]     # numerator, denominator, excluded, churn, expansion, …
    core.metrics.as_json(result) -> dict                    # the `--json` object
    core.metrics.catalogue                                  # {key: MetricSpec(name, formula, unit, version, rules…)}
    core.metrics.Scope(segment=, team=<manager id>, owner=<member id>, touch=, group=False)

`MetricResult.part_rows` holds the rows of each bar; rows are read from the database only when looked at.

Below that, the library's own frozen results, kept per process while nothing they stand on changes::

    reads.book.book(asked) -> banso.revenue.Book
    reads.months.month_waterfall(asked, month, scope=None) -> banso.revenue.Waterfall
    reads.months.series(asked, start, end, scope=None) -> rows with .month .opening … .nrr .counts
    reads.months.standing(asked, day, scope=None) -> Waterfall whose .closing is the MRR of that day
    reads.customers.counted_movements(asked, group=False) -> Counted
    reads.months.decomposition(asked, month, scope=None) -> banso.revenue.Decomposition
    reads.planned.planned_ends(asked, counted, scope=None) -> list[PlannedEnd]
    reads.renewals.pending_renewals(asked, counted) -> tuple[Pending, ...]      # 更新手続中
    reads.renewals.contact_sources                                             # upper apps tell who was contacted

Closing (writes in `actions.closing`)::

    reads.closing.standing(month) / latest(until) / all_of(month) / closed_months() -> Closed
    reads.closing.reported_beside_restated(closed, asked), bars_beside(closed, asked) -> list[Beside]
    reads.closing.corrections(closed, until_watermark) -> list[Correction]     # 締め後修正
    reads.closing.replay_differences(closed) -> [] ; bridge(closed) ; signed_pending(closed) ; frozen_rows(closed, part)
    actions.closing.blockers(asked, month, red_comments=, signed=) -> reasons
    actions.closing.close_month(month, kind=, actor=, comment=, red_comments=, signed=) ; reopen ; set_bridge
    core.registry.closing_checks: callables (month, red_comments) -> reasons

Kept values: `actions.values.fill_day(day, scope=)` stores, `core.metrics.compute` finds them by itself; the rows behind a
stored value are computed when opened. `actions.figures.refresh_figures(ids)` brings the customers' own figures up to date.
"""
