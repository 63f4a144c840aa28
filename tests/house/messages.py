"""Every text of the product that goes through gettext, found in Python by its syntax tree and in templates by Django."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from tests.house.tree import SRC, name, python, text, tracked, tree

CALLS = {
    "_": (0,),
    "_l": (0,),
    "gettext": (0,),
    "gettext_lazy": (0,),
    "gettext_noop": (0,),
    "ngettext": (0, 1),
    "ngettext_lazy": (0, 1),
    "pgettext": (1,),
    "pgettext_lazy": (1,),
    "npgettext": (1, 2),
}
STRING = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
LITERAL = re.compile(STRING, re.S)
CALL = re.compile(
    rf"(?<!\w)(?P<function>_|n?p?gettext)\(\s*(?P<arguments>{STRING}(?:\s*,\s*{STRING})*)", re.S
)
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
PLACE = re.compile(r"%\((\w+)\)|\{(\w+)[^{}]*\}")


@dataclass(frozen=True)
class Message:
    """One text: where it stands, its context or None, and its msgid."""

    where: str
    context: str | None
    msgid: str


def called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name):
        return node.func.id if node.func.id in CALLS else None
    if isinstance(node.func, ast.Attribute) and node.func.attr in CALLS and node.func.attr != "_":
        return node.func.attr
    return None


def calls() -> list[tuple[str, ast.Call, str]]:
    """(where, call, function) of every gettext call in the product's Python."""
    found = []
    for path in python(tests=False):
        if not path.is_relative_to(SRC) or "gettext" not in text(path):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and (function := called(node)):
                found.append((f"{name(path)}:{node.lineno}", node, function))
    return found


def of_python() -> list[Message]:
    found = []
    for where, node, function in calls():
        context = (
            node.args[0].value
            if function.startswith(("pg", "npg")) and isinstance(node.args[0], ast.Constant)
            else None
        )
        first = node.args[CALLS[function][0]]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.append(Message(where, context, first.value))
    return found


def of_templates() -> list[Message]:
    """Django turns a template into calls that xgettext would read; the calls' literals are read here."""
    found = []
    for path in tracked():
        if (
            path.suffix not in (".html", ".txt")
            or "templates" not in path.parts
            or not path.is_relative_to(SRC)
        ):
            continue
        source = templatize(text(path), origin=name(path))
        for match in CALL.finditer(source):
            literals = [ast.literal_eval(literal) for literal in LITERAL.findall(match["arguments"])]
            with_context = match["function"] in ("pgettext", "npgettext")
            line = source.count("\n", 0, match.start()) + 1
            found.append(
                Message(f"{name(path)}:{line}", literals[0] if with_context else None, literals[with_context])
            )
    return found


@cache
def english() -> dict[tuple[str | None, str], tuple[str, ...]]:
    """(context, msgid) -> the English forms, of all catalogues together. Fuzzy entries do not count."""
    together: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for path in sorted(SRC.glob("**/locale/en/LC_MESSAGES/django.po")):
        for entry in catalogue(str(path)):
            if not entry.id or entry.fuzzy:
                continue
            first = entry.id[0] if isinstance(entry.id, tuple | list) else entry.id
            forms = tuple(entry.string) if isinstance(entry.string, tuple | list) else (entry.string,)
            if all(forms):
                together[entry.context, first] = forms
    return together


@cache
def catalogue(path: str) -> Catalog:
    with open(path, "rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def untranslated() -> dict[tuple[str | None, str], Message]:
    """(context, msgid) -> one place of every Japanese text without its English."""
    known = english()
    found = {
        (one.context, one.msgid): one for one in [*of_python(), *of_templates()] if JAPANESE.search(one.msgid)
    }
    return {key: one for key, one in found.items() if key not in known}


def places(message: str) -> set[str]:
    """The named placeholders of a text."""
    return {one or other for one, other in PLACE.findall(message)}


def main() -> None:
    """`make untranslated`: what is missing, as catalogue entries, so that only the English is left to write."""
    for (context, msgid), one in sorted(untranslated().items(), key=lambda item: item[1].where):
        context_line = f"msgctxt {quoted(context)}\n" if context else ""
        print(f'#: {one.where}\n{context_line}msgid {quoted(msgid)}\nmsgstr ""\n')


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    main()
