"""What a recipe made of a company's files, as canonical JSON lines in the run's folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from banso_web.accounts.reads.codes import account_names
from banso_web.ingest.inputs import Input
from banso_web.ingest.recipe import Derivation


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool):
        return int(value)
    return value.isoformat() if isinstance(value, date) else value


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            plain = {key: _plain(value) for key, value in row.items() if value not in (None, "")}
            stream.write(json.dumps(plain, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_inputs(made: Derivation, folder: Path, label: str) -> list[Input]:
    """The derived rows as canonical JSON lines in the run's folder. Written anew each time; empty files are left out."""
    movements = (
        {key: value for key, value in row.items() if key != "recorded_at"} for row in made.derived.movements
    )
    tables: dict[str, tuple[str, Iterable[Mapping[str, Any]]]] = {
        "accounts": (_("顧客"), _accounts(made)),
        "contracts": (_("契約"), made.derived.contracts),
        "movements": (_("MRRの動き"), movements),
    }
    inputs = []
    for kind, (word, rows) in tables.items():
        path = folder / f"derived_{kind}.jsonl"
        if _write(path, rows):
            inputs.append(Input(kind, path, f"{label[:40]} → {word}"))
        else:
            path.unlink(missing_ok=True)
    return inputs


def _accounts(made: Derivation) -> Iterator[dict[str, str]]:
    """Customers whose name or owner the files tell; a name that they do not tell stays as it is, else the id stands for it."""
    told = {row["account_id"] for row in made.derived.movements} if made.called_by_name else set()
    nameless = (made.owners.keys() | told) - made.accounts.keys()
    names = account_names(nameless)
    for key in sorted(made.accounts.keys() | nameless):
        name = made.accounts.get(key) or names.get(key) or key
        yield {"account_id": key, "name": name, "owner": made.owners.get(key, "")}


def movement_codes(folder: Path) -> set[str]:
    """The ids of the movements that `write_inputs` wrote."""
    return _written(folder / "derived_movements.jsonl", "movement_id")


def contract_codes(folder: Path) -> set[str]:
    """The ids of the contracts that `write_inputs` wrote."""
    return _written(folder / "derived_contracts.jsonl", "contract_id")


def _written(path: Path, key: str) -> set[str]:
    if not path.exists():
        return set()
    with path.open(encoding="utf-8") as stream:
        return {str(json.loads(line)[key]) for line in stream}
