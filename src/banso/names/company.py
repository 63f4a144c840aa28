"""Company names: legal form, its position and the core name, kept apart; and what looks wrong in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from banso.names.text import fold_width, search_key


class Position(StrEnum):
    """Where the legal form stands."""

    BEFORE = "before"  # 前株
    AFTER = "after"  # 後株
    NONE = "none"


class NameWarning(StrEnum):
    NO_CORE = "no_core"  # nothing but a legal form
    FORM_INSIDE = "form_inside"  # アシスト株式会社 東京支店: the name goes on behind its form
    LOOK_ALIKE = "look_alike"  # エ among kanji where 工 is likely, or the other way round


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A character that its neighbours make unlikely, and the one it may stand for; `index` counts in the core name."""

    index: int
    char: str
    twin: str


@dataclass(frozen=True, slots=True)
class Company:
    """A name taken apart. `core` keeps 異体字 as typed; `key` compares cores; `text` is what was given."""

    text: str
    form: str | None
    position: Position
    core: str
    key: str
    warnings: tuple[NameWarning, ...] = ()
    look_alikes: tuple[LookAlike, ...] = ()


# Legal form and its other spellings after width folding; the カ) of bank transfers stands with its open side to the name.
_FORMS: dict[str, tuple[str, ...]] = {
    "株式会社": ("株式會社", "(株)", "カ)", "(カ", "カブシキガイシャ"),
    "有限会社": ("有限會社", "(有)", "ユ)", "(ユ", "ユウゲンガイシャ"),
    "合同会社": ("(同)", "(合)", "ド)", "(ド"),
    "合資会社": ("(資)", "シ)", "(シ"),
    "合名会社": ("(名)", "メ)", "(メ"),
    "相互会社": ("(相)",),
    "一般社団法人": ("(一社)",),
    "一般財団法人": ("(一財)",),
    "公益社団法人": ("(公社)",),
    "公益財団法人": ("(公財)",),
    "医療法人社団": (),
    "医療法人財団": (),
    "社会医療法人": (),
    "医療法人": ("(医)", "イ)", "(イ"),
    "学校法人": ("(学)", "ガク)", "(ガク"),
    "社会福祉法人": ("(福)", "(社福)", "フク)", "(フク"),
    "特定非営利活動法人": ("NPO法人", "(特非)", "トクヒ)", "(トクヒ"),
    "宗教法人": ("(宗)", "シユウ)", "(シユウ"),
    "地方独立行政法人": ("(地独)",),
    "独立行政法人": ("(独)", "ドク)", "(ドク"),
    "国立大学法人": (),
    "監査法人": (),
    "税理士法人": (),
    "弁護士法人": (),
    "農業協同組合": (),
    "協同組合": (),
}
_CANONICAL = {spelling: form for form, others in _FORMS.items() for spelling in (form, *others)}
_BY_LENGTH = sorted(_CANONICAL, key=len, reverse=True)
# Before the name stand whole words, (株) and カ); behind it whole words, (株) and (カ. Both may be fully bracketed: (カ).
_AT_START = re.compile(
    r"\(?(" + "|".join(re.escape(s) for s in _BY_LENGTH if not s.startswith("(") or s.endswith(")")) + ")"
)
_AT_END = re.compile(
    "(" + "|".join(re.escape(s) for s in _BY_LENGTH if not s.endswith(")") or s.startswith("(")) + r")\)?$"
)
_INSIDE = re.compile(r"株式会社|有限会社|合同会社|\(株\)|\(有\)")
_ENGLISH = re.compile(r"(?:,\s*|\s+)(co\.?,?\s*ltd|k\.?\s?k|inc|llc|ltd|corp|corporation)\.?$", re.IGNORECASE)
_ENGLISH_FORMS = {"COLTD": "Co., Ltd.", "KK": "K.K.", "INC": "Inc.", "LLC": "LLC", "LTD": "Ltd."}
_NOT_COMPARED = re.compile(
    r"[\s・･·.,、。'’\"&()\[\]「」ー]|[\-\N{HYPHEN}\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}\N{MINUS SIGN}]"
)

_TWINS = {"ニ": "二", "タ": "夕", "エ": "工", "ロ": "口", "カ": "力", "ハ": "八", "ト": "卜"}
_TO_TWIN = {**_TWINS, **{kanji: kana for kana, kanji in _TWINS.items()}}
_LOOSE = str.maketrans("ァィゥェォヵヶッャュョヮヴ", "アイウエオカケツヤユヨワブ")
_ONE_LOOK = str.maketrans({**_TWINS, "杜": "社"})


def core_key(core: str) -> str:
    """What cores are compared by: search key without spaces, ・, punctuation, ー and hyphens."""
    return _NOT_COMPARED.sub("", search_key(core))


def small_kana_key(key: str) -> str:
    """A core key that looks past small kana and ヴ/ブ: キヤノン and キャノン become candidates, nothing is rewritten."""
    for sound, plain in (("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ")):
        key = key.replace(sound, plain)
    return key.translate(_LOOSE)


def look_alike_key(key: str) -> str:
    """A core key in which ニ and 二, タ and 夕, エ and 工, 社 and 杜, ロ and 口, カ and 力 are one."""
    return key.translate(_ONE_LOOK)


def company(text: str) -> Company:
    """Legal form, position (前株/後株/なし), core name and core key of a company name.

    ㈱アシスト, （株）アシスト and 株式会社 アシスト are 株式会社, BEFORE, アシスト; アシスト(株) is AFTER. A form in the middle
    leaves the name whole with FORM_INSIDE. The name itself is never corrected; what looks wrong is a warning.
    """
    plain = fold_width(text).strip()
    form, position, core = _take_form(plain)
    core = core.strip(" ・,")
    key = core_key(core)
    look_alikes = tuple(_look_alikes(core))
    warnings = []
    if not key:
        warnings.append(NameWarning.NO_CORE)
    if form is None and _INSIDE.search(core):
        warnings.append(NameWarning.FORM_INSIDE)
    if look_alikes:
        warnings.append(NameWarning.LOOK_ALIKE)
    return Company(text, form, position, core, key, tuple(warnings), look_alikes)


def _take_form(plain: str) -> tuple[str | None, Position, str]:
    start = _AT_START.match(plain)
    if start:
        return _CANONICAL[start[1]], Position.BEFORE, plain[start.end() :]
    end = _AT_END.search(plain)
    if end:
        return _CANONICAL[end[1]], Position.AFTER, plain[: end.start()]
    english = _ENGLISH.search(plain)
    if english:
        letters = re.sub(r"[\s.,]", "", english[1]).upper()
        return _ENGLISH_FORMS.get(letters, "Corp."), Position.AFTER, plain[: english.start()]
    return None, Position.NONE, plain


def _look_alikes(core: str) -> list[LookAlike]:
    """Twins whose neighbours are all of the other script: エ between kanji, 工 between katakana; and 会杜 for 会社."""
    found = [LookAlike(at.start() + 1, "杜", "社") for at in re.finditer("会杜", core)]
    scripts = [_script(char) for char in core]
    for index, char in enumerate(core):
        if char not in _TO_TWIN:
            continue
        neighbours = scripts[max(0, index - 1) : index] + scripts[index + 1 : index + 2]
        other = "kanji" if scripts[index] == "katakana" else "katakana"
        if neighbours and all(script == other for script in neighbours):
            found.append(LookAlike(index, char, _TO_TWIN[char]))
    return found


def _script(char: str) -> str:
    if "ァ" <= char <= "ヿ":
        return "katakana"
    return "kanji" if "\u4e00" <= char <= "\u9fff" or char in "々〆" else "other"
