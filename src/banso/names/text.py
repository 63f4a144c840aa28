"""Width, kana and case: one text in the forms that comparing, searching and sorting need."""

from __future__ import annotations

import re
import unicodedata

# Katakana code points lie a fixed distance above hiragana: ぁ-ゖ with ゝゞ to ァ-ヶ with ヽヾ.
_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_DASHES = (
    "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}\N{MINUS SIGN}-"
)
_DASH_AFTER_KANA = re.compile(rf"(?<=[ァ-ヺー])[{_DASHES}]")
_SPACES = re.compile(r"\s+")
# Compatibility ideographs (神 for 神 and such) are 異体字 that somebody chose; NFKC would replace them.
_KEPT_KANJI = re.compile(r"[\uF900-\uFAFF\U0002F800-\U0002FA1F]")
# Search alone looks past 異体字: who types 高橋 must find 髙橋. What is stored and shown keeps the form of the name.
_VARIANTS = str.maketrans(
    "髙﨑𠮷濵濱邊邉澤齋齊斎廣德櫻國學惠眞瀨槇曾彌籠", "高崎吉浜浜辺辺沢斉斉斉広徳桜国学恵真瀬槙曽弥篭"
)


def fold_width(text: str) -> str:
    """NFKC (half-width kana to full, ＡＢＣ to ABC, ㈱ to (株)), except that 異体字 stay as they were typed."""
    kept = _KEPT_KANJI.findall(text)
    folded = [unicodedata.normalize("NFKC", part) for part in _KEPT_KANJI.split(text)]
    return "".join(part + kanji for part, kanji in zip(folded, [*kept, ""], strict=True))


def to_katakana(text: str) -> str:
    """ひらがな to カタカナ, length for length; all else unchanged. フリガナ is saved as `to_katakana(fold_width(text))`."""
    return text.translate(_TO_KATAKANA)


def long_marks(katakana: str) -> str:
    """Dashes typed for the long mark after a kana become ー."""
    previous = ""
    while previous != katakana:
        previous, katakana = katakana, _DASH_AFTER_KANA.sub("ー", katakana)
    return katakana


def search_key(text: str) -> str:
    """The form in which searching compares: ｶﾌﾞｼｷ, かぶしき and カブシキ are equal, so are さーびす and サービス.

    NFKC, upper case, katakana, ー for dashes after kana, common 異体字 unified (髙 to 高), no spaces: 佐藤花子 finds
    佐藤 花子. The key of a key is the key.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    joined = unicodedata.normalize("NFKC", _SPACES.sub("", folded))  # a 濁点 after a space joins its kana
    return long_marks(to_katakana(joined).translate(_VARIANTS))


def bigrams(text: str) -> tuple[str, ...]:
    """The distinct pairs of neighbouring characters of the search key, in order, for the search index.

    A text that contains a query has all of the query's bigrams. One character gives itself, nothing gives none.
    """
    key = search_key(text)
    pairs = [key[at : at + 2] for at in range(len(key) - 1)] or [key]
    return tuple(dict.fromkeys(pair for pair in pairs if pair))
