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
    reads.planned.planned_ends(asked, counted, scope=None) -> list[PlannedEnd]
"""
