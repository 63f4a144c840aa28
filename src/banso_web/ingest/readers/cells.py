"""From a cell as it was typed to a typed value, or the reason why not.

Each parser takes what a reader yields (text, number, date, bool, None, `Unreadable`) and gives the value, None for an
empty cell, or a `Problem`. Text is never evaluated. Numbers are read after NFKC, so full-width digits count.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from banso import periods
from banso.names.corporate import corporate_number
from banso_web.ingest.readers.amounts import SYMBOLS, scaled
from banso_web.ingest.readers.amounts import Amount as Amount
from banso_web.ingest.readers.amounts import parse_amount as parse_amount
from banso_web.ingest.readers.plain import EMPTY, UNDECIDED, plain_number, refusal
from banso_web.ingest.readers.plain import blank as blank
from banso_web.ingest.readers.plain import nfkc as nfkc
from banso_web.ingest.readers.problems import Nested, Problem
from banso_web.ingest.readers.schema import Column, Value

JST = dt.timezone(dt.timedelta(hours=9), "JST")
_TRUE = frozenset({"1", "true", "yes", "y", "on", "有", "有り", "あり", "○", "〇", "◯", "◎", "済", "済み", "はい", "する",
                   "自動", "自動更新", "可", "対象", "加入", "レ", "✓", "✔", "☑", "t"})  # fmt: skip
_FALSE = frozenset({"0", "false", "no", "n", "off", "無", "無し", "なし", "×", "✕", "✗", "未", "未済", "いいえ", "しない",
                    "手動", "不可", "対象外", "x", "☐", "f"})  # fmt: skip
_SHORTENED = re.compile(r"^\d(\.\d+)?E\+\d+$", re.IGNORECASE)


def parse_text(value: object) -> str | None | Problem:
    """Text as typed, trimmed, line ends as LF; dates and numbers as a person writes them."""
    if (refused := refusal(value)) is not None:
        return refused
    if value is None:
        return None
    if isinstance(value, str):
        if "\r" in value or "\x00" in value:
            value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        return value.strip() or None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return plain_number(value)


def parse_key(value: object) -> str | None | Problem:
    """An identifier: width normalised, leading zeros kept. A number Excel has shortened (1.2E+12) is refused."""
    text = parse_text(value)
    if text is None or isinstance(text, Problem):
        return text
    text = nfkc(text)
    if "+" in text and _SHORTENED.match(text):
        return Problem("number_shortened", "fix_number_shortened", text)
    return None if text in {"", "-", "—", "―", "−"} else text


def parse_date(value: object, *, month_end: bool = False) -> dt.date | None | Problem:
    """A day of Japan: date cells, ISO and slashed dates, 和暦, full width, Excel serials (`banso.periods.parse_date`).

    A month alone (`2026年4月度`) is its first day, or its last for the end of something (`month_end`) and for `2026年4月末`. A moment with an
    offset is turned to Japan's day (2026-10-31T15:30Z is 2026-11-01). 「未定」 is a soft problem.
    """
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:  # the usual case first: a million ISO dates should not go the long way
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    if (refused := refusal(value)) is not None:
        return refused
    if isinstance(value, bool):
        return Problem("not_a_date", "fix_date", str(value))
    if blank(value):
        return None
    if isinstance(value, str) and nfkc(value).casefold() in UNDECIDED:
        return Problem("date_undecided", "fix_date_undecided", value.strip(), soft=True)
    if isinstance(value, str) and re.fullmatch(r"\d{5}(\.\d+)?", nfkc(value)):
        value = float(nfkc(value))  # an Excel serial number that a CSV carried out
    if isinstance(value, str) and (last := re.fullmatch(r"(.*\d月?)末日?", nfkc(value))):
        value, month_end = last[1], True
    if isinstance(value, Decimal):
        value = float(value)
    if not isinstance(value, (str, int, float, dt.date)):
        return Problem("not_a_date", "fix_date", str(value))
    found = periods.parse_date(value)
    if isinstance(found, periods.DateFailure):
        if found.reason is periods.DateReason.UNDECIDED:
            return Problem("date_undecided", "fix_date_undecided", str(value), soft=True)
        return Problem(f"date_{found.reason.value}", "fix_date", str(value))
    if isinstance(found, periods.Month):
        return found.last if month_end else found.first
    return found


def _iso_moment(text: str) -> dt.datetime | None:
    if not re.match(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d", text):
        return None
    day, _, clock = text.replace("/", "-").replace("T", " ").partition(" ")
    clock = clock.strip().replace(" ", "")
    parts = [part.zfill(2) for part in day.split("-")]
    if re.match(r"^\d:", clock):
        clock = "0" + clock
    try:
        return dt.datetime.fromisoformat(f"{'-'.join(parts)}T{clock}")
    except ValueError:
        return None


def parse_time(value: object, *, end_of_day: bool = False) -> dt.datetime | None | Problem:
    """A moment with its offset; without one it is Japan's. A bare day is its first moment, or its last one."""
    if isinstance(value, str) and (moment := _iso_moment(nfkc(value))) is not None:
        return moment if moment.tzinfo else moment.replace(tzinfo=JST)
    if isinstance(value, dt.datetime) and (value.tzinfo or value.time() != dt.time()):
        return value if value.tzinfo else value.replace(tzinfo=JST)
    day = parse_date(value)
    if day is None or isinstance(day, Problem):
        return day
    clock = dt.time(23, 59, 59, 999_999, JST) if end_of_day else dt.time(0, tzinfo=JST)
    return dt.datetime.combine(day, clock)


_COUNTERS = re.compile(
    r"(名様?|人|社|件|本|席|拠点|ライセンス|アカウント|id|台|店舗?|校|分|時間|h|min|点|か月間?|ヶ月間?|ヵ月間?|カ月間?|月)$"
)


def parse_number(value: object) -> Decimal | None | Problem:
    """A plain number: commas, full width, a counter word behind it (30ID, 1,200名), percent as a fraction (70% is 0.7)."""
    if (refused := refusal(value)) is not None:
        return refused
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, (int, float, Decimal)):
        return Decimal(plain_number(value))
    if blank(value):
        return None
    text = nfkc(str(value)).casefold().replace(" ", "")
    if text in UNDECIDED:
        return Problem("number_undecided", "fix_number", text, soft=True)
    percent = text.endswith("%")
    text = _COUNTERS.sub("", text.rstrip("%"))
    text = re.sub(r"^[▲△−]", "-", text)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?", text):
        number = scaled(text)
        return number if number is not None else Problem("not_a_number", "fix_number", str(value))
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Problem("not_a_number", "fix_number", str(value))
    return number / 100 if percent else number


def parse_months(value: object) -> Decimal | None | Problem:
    """A length in months: 12, 12か月, 1年, 半年, 2年6か月."""
    if isinstance(value, str):
        text = nfkc(value).replace(" ", "").replace("間", "")
        if text == "半年":
            return Decimal(6)
        if found := re.fullmatch(r"(\d+)年(?:(\d+)(?:か月|ヶ月|ヵ月|カ月|月))?", text):
            return Decimal(int(found[1]) * 12 + int(found[2] or 0))
    return parse_number(value)


def parse_integer(value: object) -> int | None | Problem:
    """A whole number; 2.5 is a problem and is not rounded."""
    number = parse_number(value)
    if number is None or isinstance(number, Problem):
        return number
    if number != number.to_integral_value() or abs(number) > 10**15:
        return Problem("not_whole", "fix_integer", str(value))
    return int(number)


def parse_month_number(value: object) -> int | None | Problem:
    """A month of the year: 3, 3月, 03, 2026-03-31 is not."""
    if isinstance(value, str):
        value = nfkc(value).removesuffix("末").removesuffix("期")
    number = parse_integer(value)
    if isinstance(number, int) and not 1 <= number <= 12:
        return Problem("not_a_month", "fix_month_number", str(value))
    return number


def parse_boolean(value: object) -> bool | None | Problem:
    """有/無, ○/×, 済/未, 1/0, はい/いいえ, TRUE/FALSE."""
    if (refused := refusal(value)) is not None:
        return refused
    if isinstance(value, bool):
        return value
    if value is None:
        return None
    text = nfkc(plain_number(value) if not isinstance(value, str) else value).casefold()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text in UNDECIDED:
        return Problem("boolean_undecided", "fix_boolean", text, soft=True)
    return None if text in EMPTY else Problem("not_a_boolean", "fix_boolean", text)


def _word(text: str) -> str:
    return re.sub(r"\s+", "", nfkc(text)).casefold()


def value_words(values: tuple[Value, ...]) -> Mapping[str, str]:
    """Every spelling of an enumeration's values, normalised, to its key."""
    known = _WORDS.get(id(values))
    if known is None:
        known = {
            _word(word): item.key for item in values for word in (*item.also, item.en, item.ja, item.key)
        }
        _WORDS[id(values)] = known
        _KEPT.append(values)  # an id is only a name while the thing lives
    return known


_WORDS: dict[int, dict[str, str]] = {}
_KEPT: list[tuple[Value, ...]] = []


def parse_enum(value: object, column: Column, extra: Mapping[str, str] | None = None) -> str | None | Problem:
    """A value of an enumeration by key, Japanese or English word, or the person's own value map `extra`."""
    text = parse_text(value)
    if text is None or isinstance(text, Problem):
        return text
    if extra and text in extra:
        return extra[text] or None
    words = value_words(column.values)
    found = words.get(text) or words.get(_word(text))
    if found is not None:
        return found
    if blank(text):
        return None
    return Problem("not_in_list", "fix_not_in_list", text, detail={"allowed": [v.key for v in column.values]})


def parse_enums(
    value: object, column: Column, extra: Mapping[str, str] | None = None
) -> str | None | Problem:
    """Several values of an enumeration; `;` between, also 、 , / and line ends. Gives the keys joined by `;`."""
    text = parse_text(value)
    if text is None or isinstance(text, Problem):
        return text
    if extra and text in extra:
        return extra[text] or None
    keys: list[str] = []
    for part in re.split(r"[;；、,，/／\n]", text):
        key = parse_enum(part, column, extra)
        if isinstance(key, Problem):
            return key
        if key is not None and key not in keys:
            keys.append(key)
    return ";".join(keys) or None


def parse_texts(value: object) -> str | None | Problem:
    """Several texts, `;` or a line end between; joined by `;`."""
    text = parse_text(value)
    if text is None or isinstance(text, Problem):
        return text
    return ";".join(part.strip() for part in re.split(r"[;；\n]", text) if part.strip()) or None


def parse_kana(value: object) -> str | None | Problem:
    """A reading in full-width katakana: half-width and hiragana are turned."""
    text = parse_text(value)
    if text is None or isinstance(text, Problem):
        return text
    wide = unicodedata.normalize("NFKC", text)
    return "".join(chr(ord(sign) + 0x60) if "ぁ" <= sign <= "ゖ" else sign for sign in wide)


def parse_email(value: object) -> str | None | Problem:
    """An address in half width; only the shape is checked."""
    text = parse_key(value)
    if text is None or isinstance(text, Problem):
        return text
    if not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+", text):
        return Problem("not_an_email", "fix_email", text)
    return text


def parse_phone(value: object) -> str | None | Problem:
    """A telephone number as text: half width, leading zeros and hyphens kept."""
    text = parse_key(value)
    if text is None or isinstance(text, Problem):
        return text
    text = re.sub(r"[‐‑‒–—―−ーｰ]", "-", text)
    if not re.search(r"\d", text) or len(text) > 60:
        return Problem("not_a_phone", "fix_phone", text)
    return text


def parse_corporate_number(value: object) -> str | None | Problem:
    """13 digits with the right check digit; T+13 and hyphens are taken off (`banso.names`)."""
    text = parse_key(value)
    if text is None or isinstance(text, Problem):
        return text
    found = corporate_number(text)
    if found.number is None:
        reason = found.reason.value if found.reason else "wrong_length"
        return Problem(f"corporate_number_{reason}", "fix_corporate_number", text)
    return found.number


def parse_currency(value: object) -> str | None | Problem:
    """A three-letter code; 円, ¥, ドル are known."""
    text = parse_key(value)
    if text is None or isinstance(text, Problem):
        return text
    word = text.casefold()
    named = {"円": "JPY", "日本円": "JPY", "ドル": "USD", "米ドル": "USD", "ユーロ": "EUR"} | SYMBOLS
    if word in named:
        return named[word]
    return (
        text.upper()
        if re.fullmatch(r"[A-Za-z]{3}", text)
        else Problem("not_a_currency", "fix_currency", text)
    )


def parse_json(value: object) -> dict[str, Any] | None | Problem:
    """A JSON object, written in a cell or standing as one in a record."""
    text = value.whole if isinstance(value, Nested) else parse_text(value)
    if text is None or isinstance(text, Problem):
        return text
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be kept
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else Problem("not_an_object", "fix_not_an_object", text[:200])


# A month alone means its last day where something ends.
_ENDS = frozenset({"ends_on", "ended_on", "left_on", "notice_deadline", "service_to"})
_BY_TYPE: Mapping[str, Callable[[object], Any]] = {
    "key": parse_key,
    "text": parse_text,
    "kana": parse_kana,
    "date": parse_date,
    "time": parse_time,
    "number": parse_number,
    "integer": parse_integer,
    "month_number": parse_month_number,
    "boolean": parse_boolean,
    "texts": parse_texts,
    "email": parse_email,
    "phone": parse_phone,
    "corporate_number": parse_corporate_number,
    "currency": parse_currency,
    "json": parse_json,
}


def parse_cell(value: object, column: Column, *, values: Mapping[str, str] | None = None) -> object:
    """The typed value of one cell by its column's type, None when empty, or a `Problem`.

    Amounts give `Amount`; `readers.convert` applies unit, tax and divisor and rounds once.
    """
    if column.type == "amount":
        return parse_amount(value)
    if column.type == "enum":
        return parse_enum(value, column, values)
    if column.type == "enums":
        return parse_enums(value, column, values)
    if values and isinstance(value, str) and value.strip() in values:
        value = values[value.strip()]
    if column.reference == "members" and isinstance(value, str) and nfkc(value).casefold() in UNDECIDED:
        return None  # 担当 未定: nobody yet
    if column.key in _ENDS:
        return parse_date(value, month_end=True)
    if column.key == "recorded_at":
        return parse_time(value, end_of_day=True)
    if column.key in {"term_months", "renewal_months"}:
        months = parse_months(value)
        whole = column.type == "integer" and isinstance(months, Decimal)
        return parse_integer(months) if whole else months
    return _BY_TYPE[column.type](value)
