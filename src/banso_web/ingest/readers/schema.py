"""The words in which a canonical file is declared: columns, their types, and the file as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal[
    "key",  # an identifier: text, leading zeros kept, width normalised
    "text",
    "kana",  # a reading, kept in full-width katakana
    "date",
    "time",  # a moment; without offset it is Japan's
    "amount",  # 税抜 number
    "number",
    "integer",
    "month_number",  # 1..12
    "boolean",
    "enum",
    "enums",  # several values, ";" between
    "texts",  # several texts, ";" between
    "email",
    "phone",
    "corporate_number",
    "currency",
    "json",  # an object
]


@dataclass(frozen=True, slots=True)
class Value:
    """One allowed value of an enumeration with its words; `also` are spellings that are read as it."""

    key: str
    ja: str
    en: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a canonical file.

    `reference` names the file whose identity the value points to (``"accounts"``, ``"contracts"``, ``"members"``, …).
    `listed` is False for the two columns that any state file may carry beside those `interface.md` lists.
    """

    key: str
    ja: str
    en: str
    type: ColumnType = "text"
    required: bool = False
    values: tuple[Value, ...] = ()
    reference: str = ""
    listed: bool = True

    @property
    def value_keys(self) -> frozenset[str]:
        """The keys of the allowed values; empty for a column that is not an enumeration."""
        return frozenset(value.key for value in self.values)


@dataclass(frozen=True, slots=True)
class FileSchema:
    """A canonical file. `identity`: the columns that name a row; `kind`: a dated state, a happening, or a setting."""

    key: str
    ja: str
    en: str
    kind: Literal["state", "happening", "setting"]
    identity: tuple[str, ...]
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()  # other words for the file's name

    @property
    def required(self) -> tuple[str, ...]:
        """Keys of the required columns, in order."""
        return tuple(column.key for column in self.columns if column.required)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the columns that `interface.md` lists, in its order."""
        return tuple(column.key for column in self.columns if column.listed)

    def column(self, key: str) -> Column:
        """The column of that key. Raises KeyError when the file has none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)
