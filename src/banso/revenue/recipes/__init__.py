"""Recipes: what companies really keep (a ledger, a month table, snapshots, deals, invoices) becomes movements.

Every recipe is a pure function from plain rows of parsed values to a `Derived`: movement rows with stable ids, contract
rows where there are any, problems, marks, and a `Preview` whose months stand beside the old sheet's totals.
"""

from banso.revenue.recipes.contracts import from_contracts
from banso.revenue.recipes.dates import CANCEL_READINGS, END_READINGS, EndReading, months_between
from banso.revenue.recipes.deals import DealKind, from_won_deals
from banso.revenue.recipes.doubling import Doubled, Told, doubled
from banso.revenue.recipes.invoices import from_invoice_lines
from banso.revenue.recipes.levels import from_snapshots, from_wide
from banso.revenue.recipes.preview import Preview, PreviewMonth, preview_of
from banso.revenue.recipes.rows import Derived, Joined, Mark, MovementRow, RowProblem, Stored

__all__ = [
    "CANCEL_READINGS",
    "END_READINGS",
    "DealKind",
    "Derived",
    "Doubled",
    "EndReading",
    "Joined",
    "Mark",
    "MovementRow",
    "Preview",
    "PreviewMonth",
    "RowProblem",
    "Stored",
    "Told",
    "doubled",
    "from_contracts",
    "from_invoice_lines",
    "from_snapshots",
    "from_wide",
    "from_won_deals",
    "months_between",
    "preview_of",
]
