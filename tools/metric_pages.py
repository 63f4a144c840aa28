"""Writes docs/metrics/*.md and the READMEs' metric table from the catalogue and `docs/metrics/worked.yaml` (`make metric-pages`).

A test compares what is written with what this makes, and the worked value with what the product computes.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "metrics"
MONTH, AS_OF = "2026-05", "2026-07-05"
FEATURES = "features.yaml"
BEGIN, END = "<!-- metrics: begin -->", "<!-- metrics: end -->"


def worked() -> dict[str, dict[str, str]]:
    """The hand-written part of every page."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "worked.yaml").read_text("utf-8"))
    return loaded


def shown(value: str, unit: str) -> str:
    """The worked value as a reader writes it."""
    number = Decimal(value)
    if unit == "ratio":
        return f"{number * 100:.2f} %"
    return f"¥{number:,.0f}" if unit == "money" else f"{number.normalize():f}"


def _in(language: str, text: Any) -> str:
    from django.utils import translation

    with translation.override(language):
        return str(text)


def page(spec: Any, hand: dict[str, str]) -> str:
    """One metric's page."""
    lines = [
        f"# {_in('ja', spec.name)} · {_in('en', spec.name)}",
        "",
        f"`{spec.key}` · unit `{spec.unit}` · definition {spec.version}",
        "",
        f"**{_in('ja', spec.formula)}**",
        "",
        f"**{_in('en', spec.formula)}**",
        "",
        "## Why",
        "",
        hand["why"],
        "",
        "## Worked",
        "",
        f"The five customers of [`example/`](example/movements.csv), month {MONTH}, as of {AS_OF}:",
        "",
        f"{hand['working']} = **{shown(hand['value'], spec.unit)}**",
        "",
        "```sh",
        "banso import docs/metrics/example && "
        + (f"banso usage features docs/metrics/example/{FEATURES} && " if spec.group == "usage" else "")
        + f"banso metric {spec.key} --as-of {AS_OF}"
        + (f" --month {MONTH}" if spec.monthly or spec.month_optional else ""),
        "```",
    ]
    if spec.rules:
        lines += ["", "## Edge rules", ""]
        for rule in spec.rules:
            lines.append(f"- {_in('ja', rule)}<br>{_in('en', rule)}")
    return "\n".join(lines) + "\n"


def index(specs: list[Any]) -> str:
    """docs/metrics/README.md."""
    head = "# Metrics\n\nOne page each; the same words stand in the product. The example's numbers were worked by hand.\n\n"
    return head + table(specs, "en", "") + "\n"


def table(specs: list[Any], language: str, prefix: str) -> str:
    """The metric table in one language."""
    titles = ("指標", "キー", "計算式") if language == "ja" else ("Metric", "Key", "Formula")
    rows = [
        f"| [{_in(language, spec.name)}]({prefix}{spec.key}.md) | `{spec.key}` | {_in(language, spec.formula)} |"
        for spec in specs
    ]
    return "\n".join(["| " + " | ".join(titles) + " |", "|---|---|---|", *rows])


def with_table(document: str, content: str) -> str:
    """The document with what stands between the markers replaced."""
    return re.sub(f"{BEGIN}.*?{END}", lambda _match: f"{BEGIN}\n{content}\n{END}", document, flags=re.S)


def documents() -> dict[Path, str]:
    """Every file this tool is responsible for, with its contents."""
    from banso_web.core.metrics import catalogue

    hand = worked()
    specs = list(catalogue.values())
    made = {FOLDER / f"{spec.key}.md": page(spec, hand[spec.key]) for spec in specs}
    made[FOLDER / "README.md"] = index(specs)
    for name, language in (("README.md", "en"), ("README.ja.md", "ja")):
        path = ROOT / name
        made[path] = with_table(path.read_text("utf-8"), table(specs, language, "docs/metrics/"))
    return made


def main() -> None:
    import django

    django.setup()
    for path, text in documents().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
