"""What health says, for pages, jobs and the apps above. The signatures here stay.

`reading(asked, account_id) -> Health | None`: one customer, exact, from facts, with `Health.reading` of the library (contributions, band,
reasons). `readings(asked) -> Readings`: all customers as arrays, kept where the day is, else computed. `signals_at(asked, keys=None,
accounts=None) -> Signals`: `Signals.told[key]` holds columns in the order of `Signals.everybody.ids`; with `asked.known_at` they are what
the company knew then, which is what a back-test asks (`reads.scoring.compute` gives their readings too). `history(account, first, last)`:
an account's kept days.
"""

from banso_web.health.reads.asking import Health, reading, readings, signals_at
from banso_web.health.reads.kept import KeptDay, history
from banso_web.health.reads.scoring import Computed, Readings, compute

__all__ = [
    "Computed",
    "Health",
    "KeptDay",
    "Readings",
    "compute",
    "history",
    "reading",
    "readings",
    "signals_at",
]
