"""Amounts of money as ledgers write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from banso_web.ingest.readers.plain import UNDECIDED, blank, nfkc, plain_number, refusal
from banso_web.ingest.readers.problems import Problem

_MAX_AMOUNT = Decimal(2**63 - 1) / 10_000  # an amount is a 64-bit integer of 1/10,000


@dataclass(frozen=True, slots=True)
class Amount:
    """What an amount cell says: the number, and what its words add. `per` is "year" for 「120万/年」.

    `absolute`: the cell names its own scale (12万, ¥120,000), so a column's unit (千円) does not multiply it again.
    """

    value: Decimal
    tax_included: bool = False
    per: Literal["", "month", "year"] = ""
    currency: str = ""
    absolute: bool = False


SYMBOLS = {"¥": "JPY", "円": "JPY", "jpy": "JPY", "$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "£": "GBP",
            "gbp": "GBP", "\\": "JPY"}  # fmt: skip
_SCALES = {"": 1, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "億": 10**8, "十億": 10**9}
_PLAIN = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,20})?")
_NUMBER = r"\d+(?:\.\d+)?"
_PIECE = re.compile(rf"({_NUMBER})(十億|億|千万|百万|万|千)?")
_GROUPED = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_TIMES = re.compile(rf"^@?({_NUMBER}(?:千|万)?)[×xX*]({_NUMBER})\D*$")


def parse_amount(value: object) -> Amount | None | Problem:
    """An amount of money: ¥ and commas, full width, 120万, 300千円, 1億2000万, @500×30ID, ▲ and (…) below zero, (税込).

    No rounding happens here. Words such as 応相談 or 約 are a problem, not a guess.
    """
    if isinstance(value, str) and _PLAIN.fullmatch(value):  # the usual case first
        return Amount(Decimal(value))
    if (refused := refusal(value)) is not None:
        return refused
    if isinstance(value, bool):
        return Problem("not_an_amount", "fix_amount", str(value))
    if isinstance(value, (int, float, Decimal)):
        return _amount(Amount(Decimal(plain_number(value))), str(value))
    if blank(value) or not isinstance(value, str):
        return None if blank(value) else Problem("not_an_amount", "fix_amount", str(value))
    raw = nfkc(value)
    if raw.casefold() in UNDECIDED:
        return Problem("amount_undecided", "fix_amount_undecided", raw)
    if raw in {"無償", "無料"}:
        return Amount(Decimal(0), absolute=True)
    return _amount_of_words(raw)


def _amount_of_words(raw: str) -> Amount | Problem:
    text = raw.casefold().replace(" ", "")
    tax = "税込" in text or "内税" in text
    text = re.sub(r"\(?(税込み?|税抜き?|税別|内税|外税)\)?", "", text)
    per: Literal["", "month", "year"] = ""
    if found := re.search(r"(/|毎)?(か月|ヶ月|ヵ月|カ月|月|年)(額)?(あたり)?$", text):
        per = "year" if found[2] == "年" else "month"
        text = text[: found.start()]
    currency = ""
    for symbol, code in SYMBOLS.items():
        if symbol in text:
            currency, text = currency or code, text.replace(symbol, "")
    sign = 1
    if re.fullmatch(r"\(.+\)", text):
        sign, text = -1, text[1:-1]
    if found := re.match(r"^[▲△−‐–-]+", text):
        sign, text = -sign, text[found.end() :]
    text = _GROUPED.sub(lambda found: found[0].replace(",", ""), text)
    if "," in text:  # 1,20 is not 120
        return Problem("not_an_amount", "fix_amount", raw)
    text = text.removeprefix("+")
    number = _multiplied(text)
    if number is None:
        return Problem("not_an_amount", "fix_amount", raw)
    absolute = bool(currency) or bool(re.search(r"[千万億@×]", text))
    return _amount(Amount(sign * number, tax, per, currency, absolute), raw)


def _multiplied(text: str) -> Decimal | None:
    if found := _TIMES.match(text):
        price, count = scaled(found[1]), scaled(found[2])
        return price * count if price is not None and count is not None else None
    return scaled(text)


def scaled(text: str) -> Decimal | None:
    """120万, 1億2000万, 1.2百万: pieces of number and scale, the scales falling."""
    if re.fullmatch(r"\d+(\.\d+)?e\+?\d{1,2}", text):
        return Decimal(text)
    at, total, last = 0, Decimal(0), 10**12
    while at < len(text):
        piece = _PIECE.match(text, at)
        scale = _SCALES[piece[2] or ""] if piece else 0
        if piece is None or scale >= last:
            return None
        total, last, at = total + Decimal(piece[1]) * scale, scale, piece.end()
    return total if text else None


def _amount(amount: Amount, raw: str) -> Amount | Problem:
    if not amount.value.is_finite() or abs(amount.value) >= _MAX_AMOUNT:
        return Problem("amount_too_large", "fix_amount", raw)
    return amount
