"""click's own words (Usage, Options, errors) in the language of BANSO_LANG.

click words itself through gettext's default domain, which follows the machine's locale; Banso follows BANSO_LANG, and ships
its texts in Django's catalogues. So the modules of click are given `said` in place of gettext. What is not named here stays
English; `core/tests/test_command_words.py` notices when click words something otherwise.
"""

from __future__ import annotations

from typing import Any

import click
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "Usage:": _("使い方:"),
    "Options": _("オプション"),
    "Commands": _("コマンド一覧"),
    "Show this message and exit.": _("この説明を表示します。"),
    "Show the version and exit.": _("版を表示します。"),
    "Error: {message}": _("エラー: {message}"),
    "Try '{command} {option}' for help.": _("使い方は '{command} {option}' で表示できます。"),
    "Aborted!": _("中止しました。"),
    "Missing command.": _("コマンドを指定してください。"),
    "Missing argument": _("引数がありません"),
    "Missing option": _("オプションがありません"),
    "Missing parameter": _("値がありません"),
    "Invalid value: {message}": _("値が正しくありません: {message}"),
    "Invalid value for {param_hint}: {message}": _("{param_hint} の値が正しくありません: {message}"),
    "No such command {name!r}.": _("{name!r} というコマンドはありません。"),
    "No such option {name!r}.": _("{name!r} というオプションはありません。"),
    "Did you mean {possibility}?": _("{possibility} ではありませんか。"),
    "(Did you mean one of: {possibilities}?)": _("(次のどれかではありませんか: {possibilities})"),
    "Got unexpected extra argument ({args})": _("余分な引数があります({args})"),
    "Got unexpected extra arguments ({args})": _("余分な引数があります({args})"),
    "Option {name!r} requires an argument.": _("オプション {name!r} には値が必要です。"),
    "Option {name!r} does not take a value.": _("オプション {name!r} に値は付けられません。"),
    "{value!r} is not {choice}.": _("{value!r} は使えません。使えるもの: {choice}。"),
    "{value!r} is not one of {choices}.": _("{value!r} は使えません。使えるもの: {choices}。"),
    "{value!r} is not a valid {number_type}.": _("{value!r} は数({number_type})として読み取れません。"),
    "{name} {filename!r} does not exist.": _("{name} {filename!r} がありません。"),
    "{name} {filename!r} is a file.": _("{name} {filename!r} はファイルです。"),
    "{name} {filename!r} is a directory.": _("{name} {filename!r} はフォルダーです。"),
    "{name} {filename!r} is not readable.": _("{name} {filename!r} を読み取れません。"),
    "{name} {filename!r} is not writable.": _("{name} {filename!r} に書き込めません。"),
    "Could not open file {filename!r}: {message}": _("ファイル {filename!r} を開けません: {message}"),
    "default: {default}": _("既定: {default}"),
}


def said(text: str) -> str:
    """What click says, in Banso's language; its own English where it is not named here."""
    return str(WORDS.get(text, text))


def said_of(one: str, many: str, count: int) -> str:
    """The same for one or many."""
    return said(one if count == 1 else many)


def teach() -> None:
    """Give click these words. Safe to call twice."""
    for module in (
        click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.termui, click.types,
    ):  # fmt: skip
        for name, ours in (("_", said), ("ngettext", said_of)):
            if hasattr(module, name):
                setattr(module, name, ours)
