"""五十音順 in the spirit of JIS X 4061, as a text that any database sorts by its code points.

1. Letters without 濁点, 半濁点 and 小書き; ー is the vowel before it (カート is カアト); ゝ and ヽ repeat the letter before.
2. Where these are equal: 清音, 濁音, 半濁音, letter by letter.
3. Where these are equal too: ー, 小書き, ordinary letters, letter by letter.
Digits and Latin letters come before kana, kanji after. Spaces, ・ and the legal form do not count.
"""

from __future__ import annotations

import re
import unicodedata

from banso.names.text import long_marks, to_katakana

_VOICED, _HALF_VOICED = "\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}", "\u309a"
_LARGE = dict(zip("ァィゥェォヵヶッャュョヮ", "アイウエオカケツヤユヨワ", strict=True))
_SMALL_EXTENSIONS = dict(
    zip("ㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ", "クシストヌハヒフヘホムラリルレロ", strict=True)
)
_VOWELS = {
    letter: row[0]
    for row in (
        "アカサタナハマヤラワ",
        "イキシチニヒミリヰ",
        "ウクスツヌフムユル",
        "エケセテネヘメレヱ",
        "オコソトノホモヨロヲ",
    )
    for letter in row
}
_IGNORED = re.compile(r"[\s・･·.,、。'’\"()]")
_LEGAL_READINGS = (
    "トクテイヒエイリカツドウホウジン",
    "イッパンシャダンホウジン",
    "イッパンザイダンホウジン",
    "コウエキシャダンホウジン",
    "コウエキザイダンホウジン",
    "シャカイフクシホウジン",
    "ドクリツギョウセイホウジン",
    "コクリツダイガクホウジン",
    "イリョウホウジンシャダン",
    "イリョウホウジンザイダン",
    "シャカイイリョウホウジン",
    "イリョウホウジン",
    "ガッコウホウジン",
    "シュウキョウホウジン",
    "カブシキガイシャ",
    "カブシキカイシャ",
    "ユウゲンガイシャ",
    "ユウゲンカイシャ",
    "ゴウドウガイシャ",
    "ゴウドウカイシャ",
    "ゴウシガイシャ",
    "ゴウメイガイシャ",
)
_LEGAL_READING = re.compile(rf"^(?:{'|'.join(_LEGAL_READINGS)})(?=.)|(?<=.)(?:{'|'.join(_LEGAL_READINGS)})$")

# Order of marks in step 3; the separator sorts before every letter, so a shorter reading comes first.
_LONG, _SMALL, _ORDINARY = "0", "1", "2"
_SEPARATOR = " "


def sort_key(kana: str) -> str:
    """The sort key of a reading; compare keys by code point (PostgreSQL: COLLATE "C").

    アート, カート, カード, ガード, キャッシュ, ハ, バ, パ stand in this order, and so do アート, アイ, カート, ガード, カーナビ.
    Hiragana, katakana and half-width kana are one. An empty reading gives an empty text: see `list_key`.
    """
    reading = long_marks(to_katakana(unicodedata.normalize("NFKC", kana).upper()))
    reading = _LEGAL_READING.sub("", _IGNORED.sub("", reading), count=1)
    letters: list[str] = []
    voices: list[str] = []
    marks: list[str] = []
    for char in unicodedata.normalize("NFD", reading):
        if char in (_VOICED, _HALF_VOICED):
            if voices:
                voices[-1] = "1" if char == _VOICED else "2"
            continue
        letter, mark = char, _ORDINARY
        if char == "ー" and letters and letters[-1] in _VOWELS:
            letter, mark = _VOWELS[letters[-1]], _LONG
        elif char in ("ヽ", "々") and letters:
            letter = letters[-1]
        elif char in _LARGE or char in _SMALL_EXTENSIONS:
            letter, mark = _LARGE.get(char) or _SMALL_EXTENSIONS[char], _SMALL
        letters.append(letter)
        voices.append("0")
        marks.append(mark)
    return _SEPARATOR.join(("".join(letters), "".join(voices), "".join(marks))) if letters else ""


def list_key(kana: str, name: str) -> str:
    """The key of a line in a list: by reading; lines without one by their name, after all others.

    The page counts the latter as 「フリガナ未入力」.
    """
    reading = sort_key(kana)
    return f"0{reading}" if reading else f"1{sort_key(name)}"
