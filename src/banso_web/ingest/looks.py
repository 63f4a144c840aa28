"""What an uploaded file looks like: its sheets, its first rows, and what it may hold, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.ingest.drafts import SKIP, Upload
from banso_web.ingest.inputs import kind_of
from banso_web.ingest.readers import RawTable, ReadProblem, open_table
from banso_web.ingest.readers.aliases import match_header, suggest_kind
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.glance import first_rows
from banso_web.ingest.reads import kind_label
from banso_web.ingest.rows import MissingColumns, bind
from banso_web.ingest.words import failure_data, failure_text

ROWS, COLUMNS, CELL = 10, 12, 24

RECIPES: dict[str, Any] = {
    "ledger": gettext_lazy("契約台帳・更新管理表(1行が1契約)"),
    "wide": gettext_lazy("横持ちの月次MRR表(列が月)"),
    "snapshots": gettext_lazy("毎月の契約一覧(1ファイルが1か月)"),
    "deals": gettext_lazy("受注した商談(新規・更新・増額・解約)"),
    "invoice_lines": gettext_lazy("請求明細(利用期間つき)"),
}


@dataclass(frozen=True)
class Look:
    """One upload as the page shows it. `problem` in words where the file cannot be read; then the rest is empty."""

    upload: Upload
    kind: str = ""
    why: str = ""
    sheets: tuple[tuple[str, Any], ...] = ()
    sheet: str = ""
    header_row: int = 0
    header_rows: tuple[int, ...] = ()
    grid: list[tuple[int, list[str]]] = field(default_factory=list)
    headers: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    covered: bool = False

    @property
    def width(self) -> int:
        return max((len(cells) for _number, cells in self.grid), default=0)


def table_of(path: Path, upload: Upload) -> RawTable:
    """The upload's table as chosen. Raises ReadProblem."""
    return open_table(path, upload.path, sheet=upload.sheet or None, header_row=upload.header_row)


def look_at(path: Path, upload: Upload) -> Look:
    """Open the head of a file and suggest what it holds."""
    try:
        table = table_of(path, upload)
        rows = first_rows(path, upload.path, table.sheet, ROWS)
    except ReadProblem as problem:
        return Look(upload, problem=failure_text(failure_data(problem)))
    except (
        OSError,
        ValueError,
    ) as problem:  # a reader met what it did not foresee: the file is named, not the page lost
        return Look(upload, problem=_("ファイルを読めません: %(text)s") % {"text": str(problem)[:200]})
    kind, why = suggested(table, upload)
    grid = [(number, [_cell(cell) for cell in cells[:COLUMNS]]) for number, cells in rows]
    if not rows:
        grid = [
            (number + 1, [_cell(cell) for cell in cells[:COLUMNS]])
            for number, cells in enumerate(table.sample(ROWS))
        ]
    return Look(
        upload,
        upload.kind or kind,
        why,
        tuple((one.name, _("%(name)s(非表示)") % {"name": one.name} if one.hidden else one.name) for one in table.sheets),
        table.sheet,
        table.header_rows[0] if table.header_rows else 0,
        table.header_rows,
        grid,
        table.headers,
        [text for note in table.notes if (text := note_words(note.code, note.column, note.text))],
    )  # fmt: skip


def covered(look: Look) -> Look:
    """The look for a reader who may not see the file's cells: sheets and kind, and neither rows nor words that quote them."""
    return replace(look, grid=[], notes=[], covered=True)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= CELL else text[: CELL - 1] + "…"


NOTE_WORDS: dict[str, Any] = {
    "hidden_sheet": gettext_lazy("非表示のシートがあります: %(text)s"),
    "hidden_column": gettext_lazy("非表示の列があります: %(column)s"),
    "cell_note": gettext_lazy("セルのメモがあります(%(column)s): %(text)s"),
    "cp932": gettext_lazy("文字コードは Shift_JIS(CP932)です"),
    "utf16": gettext_lazy("文字コードは UTF-16 です"),
    "tab_in_csv": gettext_lazy("区切りはタブです"),
    "two_header_rows": gettext_lazy("見出しは2行です。上下をつないで読みます"),
    "formula_values": gettext_lazy("数式のセルが %(text)s 個あります。保存されている計算結果を使います"),
}


def note_words(code: str, column: str, text: str) -> str:
    """A reader's note for the person; empty for those that matter to nobody here."""
    words = NOTE_WORDS.get(code)
    return str(words) % {"column": column, "text": text} if words else ""


def suggested(table: RawTable, upload: Upload) -> tuple[str, str]:
    """(kind, why in words); an empty kind where nothing fits."""
    found = suggest_kind(table.headers, upload.name)
    if not found:
        return "", _("見出しからは分かりませんでした。選んでください。")
    best = found[0]
    named = kind_of(upload.name)
    if named and best.kind != named and is_plain(table, named):
        best = next((one for one in found if one.kind == named), best)
    word = RECIPES.get(best.kind) or kind_label(best.kind)
    match best.reason:
        case "filename":
            return best.kind, _("ファイル名から「%(kind)s」と考えました。") % {"kind": word}
        case "months":
            return best.kind, _("月の列が並んでいるので「%(kind)s」と考えました。") % {"kind": word}
    return best.kind, _("列の見出しから「%(kind)s」と考えました。") % {"kind": word}


def kind_choices() -> list[Any]:
    """What a file can hold, for the select."""
    return [
        ("", _("選んでください")),
        (_("会社の資料から MRR の動きを作る"), list(RECIPES.items())),
        (_("そのまま取り込む"), [(key, kind_label(key)) for key in FILES]),
        (SKIP, _("このファイルは取り込まない")),
    ]


def is_plain(table: RawTable, kind: str) -> bool:
    """True for a canonical file: the columns it needs bear its own names, and none is left that wants a question."""
    if kind not in FILES:
        return False
    try:
        binding = bind(table, FILES[kind])
    except MissingColumns:
        return False
    for one in binding.bound:
        match = match_header(one.header, kind)
        if one.column.required and (match is None or match.reason not in ("key", "label")):
            return False  # the company's own words: the person is shown how they are read
    known = {one.header for one in binding.bound}
    taken = {one.column.key for one in binding.bound}
    for header in table.headers:
        match = match_header(header, kind) if header not in known else None
        if match is not None and match.reason in ("alias", "part") and match.column not in taken:
            return False
    return True
