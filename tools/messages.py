"""Compiles every catalogue (`make messages`): django.po of the project and of each app becomes the django.mo beside it.

Babel does it, so that nobody needs GNU gettext. A catalogue is only compiled when it changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCES = Path(__file__).resolve().parents[1] / "src"


def compile_catalogue(source: Path) -> bool:
    """Writes the .mo beside `source` unless it is newer; returns whether it wrote. A broken catalogue raises."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return False
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
    partial = target.with_suffix(".mo.partial")
    with partial.open("wb") as file:
        write_mo(file, catalogue)
    partial.replace(target)
    return True


def main() -> int:
    sources = sorted(SOURCES.glob("**/locale/*/LC_MESSAGES/*.po"))
    written = sum(compile_catalogue(source) for source in sources)
    print(f"messages: {written} of {len(sources)} catalogues compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
