"""Writes docs/how-to/columns.md and its Japanese sister from the one declaration of canonical files (`make metric-pages`).

A test compares what is written with what this makes.
"""

from __future__ import annotations

from pathlib import Path

from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.schema import Column, FileSchema

HOW_TO = Path(__file__).resolve().parents[1] / "docs" / "how-to"
INTRO = {
    "en": """# Columns of every file

A file is named after what it holds (`accounts.csv`, or one of the Japanese names in brackets) and headed by these keys or labels; the page 取込 understands many other words and asks where it is not sure. `*` marks columns that every row needs. Amounts exclude tax. A state (accounts, contracts, …) may carry `valid_from` and `recorded_at`: from when it is so, and when it was known.
""",
    "ja": """# ファイルの列

ファイルは、中身を表す名前(`accounts.csv`、またはかっこの中の日本語の名前)にし、見出しにはここにあるキーか名前を書きます。「取込」の画面は、ほかの多くの言い方も読み、迷ったときはおたずねします。`*` は、どの行にも必要な列です。金額は税抜です。顧客や契約のように変わっていくものには、`valid_from`(いつからそうなのか)と `recorded_at`(いつ分かったのか)を添えられます。
""",
}
HEAD = {"en": ("key", "label", "type", "values"), "ja": ("キー", "名前", "型", "値")}
TYPES = {
    "key": ("ID", "ID"), "text": ("text", "文字"), "kana": ("kana", "カナ"), "date": ("day", "日付"), "time": ("moment", "日時"),
    "amount": ("amount", "金額"), "number": ("number", "数"), "integer": ("whole number", "整数"),
    "month_number": ("month 1–12", "月(1〜12)"), "boolean": ("yes/no", "有無"), "enum": ("one of", "どれか一つ"),
    "enums": ("several, `;` between", "いくつか(`;` 区切り)"), "texts": ("texts, `;` between", "文字(`;` 区切り)"), "email": ("e-mail", "メール"),
    "phone": ("telephone", "電話"), "corporate_number": ("13 digits", "13桁"), "currency": ("currency (JPY)", "通貨(JPY)"), "json": ("JSON object", "JSON"),
}  # fmt: skip


def _row(column: Column, language: str) -> str:
    place = 0 if language == "en" else 1
    label, kind = (column.en, column.ja)[place], TYPES[column.type][place]
    refers = f" → `{column.reference}`" if column.reference else ""
    values = ", ".join(
        f"`{one.key}`" if language == "en" else f"`{one.key}` {one.ja}" for one in column.values
    )
    return f"| `{column.key}`{' *' if column.required else ''} | {label} | {kind}{refers} | {values} |"


def _file(one: FileSchema, language: str) -> str:
    also = "、".join((one.ja, *one.also))
    title = f"{one.en} ({also})" if language == "en" else f"{one.ja}({'、'.join((one.key, *one.also))})"
    rows = "\n".join(_row(column, language) for column in one.columns if column.listed)
    head = " | ".join(HEAD[language])
    return f"\n## {title}\n\n`{one.key}.csv`\n\n| {head} |\n|---|---|---|---|\n{rows}\n"


def documents() -> dict[Path, str]:
    """Both pages with their contents."""
    places = {"en": HOW_TO / "columns.md", "ja": HOW_TO / "ja" / "columns.md"}
    return {
        place: INTRO[language] + "".join(_file(one, language) for one in FILES.values())
        for language, place in places.items()
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, "utf-8")
