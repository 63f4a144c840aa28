"""What of a brought file a reader may see: its cells were typed by somebody, and no form of the product has masked them yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from banso_web.core.registry import registry
from banso_web.ingest.inputs import Input
from banso_web.ingest.readers.canonical import FILES

if TYPE_CHECKING:
    from banso_web.ingest.models import ImportRun
    from banso_web.members.models import Member

PEOPLE, PRICES, SUMS = "contact.view", "price.view", "revenue.view"
_STATES: dict[str, frozenset[str]] = {
    "contacts": frozenset({PEOPLE}),
    "contracts": frozenset({PRICES}),
    "events": frozenset({PEOPLE}),
}


def rights_of(kind: str) -> frozenset[str]:
    """The rights that the cells of a file of this kind ask for; a file in its source's own form may hold anything."""
    if kind not in FILES:
        return frozenset({PEOPLE, PRICES})
    fact = registry.facts.get(kind)
    if fact is None:
        return _STATES.get(kind, frozenset())
    return frozenset({*fact.hidden.values(), fact.see} - {""})


def sees_cells(reader: Member | None) -> bool:
    """Whether cells may be shown of a file that may hold anything: an upload whose kind and columns are still being
    chosen, and rows in their source's own form. None is the command line of the machine itself.
    """
    return reader is None or (reader.may(PEOPLE) and reader.may(PRICES))


def sees_sums(reader: Member | None) -> bool:
    """Whether totals of MRR may be shown of what a file makes."""
    return reader is None or reader.may(SUMS)


def withheld_files(run: ImportRun, reader: Member) -> frozenset[str]:
    """Names of the run's files whose cells this reader may not see; "" stands for every file whose kind is not known."""
    mapped = {
        Input.from_json(one, Path()).place for one in run.options.get("files", []) if one.get("shaping")
    }
    kinds = {name: "" if name in mapped else str(row.get("kind", "")) for name, row in run.counts.items()}
    return frozenset(
        name
        for name, kind in {**kinds, "": ""}.items()
        if any(not reader.may(right) for right in rights_of(kind))
    )


def is_withheld(file: str, run: ImportRun, withheld: frozenset[str]) -> bool:
    """Whether the cells of a refused row of this file are kept back (see `withheld_files`)."""
    return (file if file in run.counts else "") in withheld
