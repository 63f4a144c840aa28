from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from banso.names import (
    LostCharacter,
    addressee,
    bigrams,
    cp932_bytes,
    cp932_unrepresentable,
    csv_plain,
    csv_safe,
    fold_width,
    list_key,
    own_staff,
    search_key,
    sort_key,
    to_katakana,
)

JAPANESE = st.text(alphabet="あがぱっゃーアガパッャヴｱｶﾞﾊﾟｰABCabc １２-‐・ 東京髙𠮷々ゝヾ")


@pytest.mark.parametrize(
    "order",
    [
        ["アート", "カート", "カード", "ガード", "キャッシュ", "ハ", "バ", "パ"],
        ["アート", "アイ", "カート", "ガード", "カーナビ"],
        ["サート", "サァト", "サアト"],
        ["カ", "カア", "カイ", "ガイ"],
        ["キャ", "キヤ", "ギャ"],
        ["ハナ", "バナ", "パナ", "ハナシ"],
        ["123", "ABC", "アイ", "ン", "亜細亜"],
    ],
)
def test_readings_stand_in_the_order_of_the_fifty_sounds(order: list[str]) -> None:
    for shuffled in itertools.islice(itertools.permutations(order), 200):
        assert sorted(shuffled, key=sort_key) == order
    assert len({sort_key(reading) for reading in order}) == len(order)


def test_the_width_and_the_script_of_a_reading_do_not_matter_for_its_place() -> None:
    assert sort_key("ｶﾞｰﾄﾞ") == sort_key("がーど") == sort_key("ガード") == sort_key("ガ‐ド")
    assert sort_key("ミスヾ") == sort_key("ミスズ")
    assert sort_key("サトウ ハナコ") == sort_key("サトウ・ハナコ") == sort_key("サトウハナコ")


def test_the_legal_form_does_not_count_in_the_order() -> None:
    assert (
        sort_key("カブシキガイシャアシスト") == sort_key("アシスト カブシキガイシャ") == sort_key("アシスト")
    )
    assert sort_key("イリョウホウジンケヤキカイ") == sort_key("ケヤキカイ")
    assert sort_key("カブシキガイシャ") != ""


def test_lines_without_a_reading_come_last_by_their_name() -> None:
    lines = [("", "東和物流"), ("ンダ", "ンダ商事"), ("", "ABC商事"), ("アオバ", "青葉不動産")]
    ordered = sorted(lines, key=lambda line: list_key(*line))
    assert [name for _, name in ordered] == ["青葉不動産", "ンダ商事", "ABC商事", "東和物流"]


def test_searching_is_blind_to_width_kana_and_case() -> None:
    assert search_key("ｶﾌﾞｼｷ") == search_key("かぶしき") == search_key("カブシキ") == "カブシキ"
    assert search_key("さーびす") == search_key("サービス") == search_key("ｻｰﾋﾞｽ") == search_key("サ‐ビス")
    assert search_key("Ｂａｎｓｏ㈱") == search_key("banso(株)")
    assert search_key("佐藤　花子") == search_key("佐藤花子")
    assert search_key("ｶ ﾞｽ") == search_key("ガス")
    assert search_key("髙橋") == search_key("高橋") and search_key("𠮷田") == search_key("吉田")
    assert search_key("ハート") != search_key("バート")
    assert search_key("A-1") == "A-1"


@example("ｶ ﾞ")
@given(JAPANESE)
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


@given(st.text())
def test_no_text_whatever_breaks_the_keys(text: str) -> None:
    assert isinstance(sort_key(text) + search_key(text) + "".join(bigrams(text)), str)


def test_bigrams_are_distinct_and_in_order() -> None:
    assert bigrams("さーびす") == ("サー", "ービ", "ビス")
    assert bigrams("ああああ") == ("アア",)
    assert bigrams("東") == ("東",) and bigrams(" ") == ()


@given(JAPANESE, JAPANESE, st.text(alphabet="あガー東京𠮷A1", min_size=2))
def test_a_text_has_every_bigram_of_what_it_contains(before: str, after: str, query: str) -> None:
    whole = search_key(before) + search_key(query) + search_key(after)
    assert set(bigrams(query)) <= set(bigrams(whole))


def test_width_is_folded_while_the_form_of_a_kanji_stays() -> None:
    assert fold_width("㈱ｱｼｽﾄ　ＡＢＣ") == "(株)アシスト ABC"
    assert fold_width("\ufa19﨑髙𠮷") == "\ufa19﨑髙𠮷"
    assert to_katakana("さとう ゔゝ") == "サトウ ヴヽ"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("株式会社青葉", "営業部", "部長", "佐藤", "花子"), "株式会社青葉 営業部 部長 佐藤 花子 様"),
        (("医療法人けやき会", "", "理事長", "欅", "太郎"), "医療法人けやき会 理事長 欅 太郎 様"),
        (("株式会社青葉", "", "", "佐藤", ""), "株式会社青葉 佐藤 様"),
        (("株式会社青葉", "営業部"), "株式会社青葉 営業部 御中"),
        (("株式会社青葉", "営業部", "部長"), "株式会社青葉 営業部 御中"),
        (("株式会社青葉 御中", "", "", "佐藤", "花子様"), "株式会社青葉 佐藤 花子 様"),
        (("株式会社青葉御中",), "株式会社青葉 御中"),
        (("", "", "", "", ""), ""),
    ],
)
def test_each_reader_gets_exactly_one_honorific(parts: tuple[str, ...], expected: str) -> None:
    assert addressee(*parts) == expected


def test_many_readers_are_addressed_together_and_own_staff_without_honorific() -> None:
    assert addressee("株式会社青葉", "営業部", "部長", "佐藤", many=True) == "株式会社青葉 営業部 各位"
    assert addressee(many=True) == "各位"
    assert own_staff("佐藤") == "弊社 佐藤" and own_staff("佐藤さん") == "弊社 佐藤"


def test_an_export_to_cp932_names_what_it_would_lose() -> None:
    assert cp932_unrepresentable("髙橋 ① 﨑 ㈱ 〜 −") == ()
    assert cp932_unrepresentable("𠮷田😀") == (LostCharacter(0, "𠮷"), LostCharacter(2, "😀"))
    assert cp932_bytes("髙橋①𠮷").decode("cp932") == "髙橋①〓"
    assert cp932_bytes("3〜4").decode("cp932") == "3～4"


@pytest.mark.parametrize("text", ["=1+1", "+81-3-0000-0000", "-5", "@SUM(A1)", "\tx", "＝1+1", " =1", "'=1"])
def test_texts_that_begin_like_a_formula_are_neutralised(text: str) -> None:
    assert csv_safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["03-1234-5678", "青葉=不動産", "", "'90s", -5, Decimal("-1.5"), None, 0])
def test_all_other_cells_pass_unchanged(value: object) -> None:
    assert csv_safe(value) == value and type(csv_safe(value)) is type(value)


@given(st.text(alphabet="=+-@' 　1a青\t＝"))
def test_a_neutralised_cell_comes_back_as_it_was(text: str) -> None:
    assert csv_plain(str(csv_safe(text))) == text
