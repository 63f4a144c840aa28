from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso.names import (
    Candidate,
    LookAlike,
    MatchReason,
    NameWarning,
    NumberReason,
    Position,
    Verdict,
    check_digit,
    company,
    corporate_number,
    same_company_candidates,
)

CORE = MatchReason.SAME_CORE
FORM = MatchReason.SAME_FORM
POSITION = MatchReason.SAME_POSITION


@pytest.mark.parametrize("number", ["4011001098993", "2120901007402", "7000012050002"])
def test_a_right_corporate_number_is_accepted(number: str) -> None:
    found = corporate_number(number)
    assert (found.valid, found.number, found.reason) == (True, number, None)
    assert found.invoice_number == f"T{number}"


@pytest.mark.parametrize(
    "text", ["T4011001098993", "Ｔ４０１１００１０９８９９３", " 4-0110-0109-8993 ", "t 4011001098993"]
)
def test_a_corporate_number_is_read_in_all_its_spellings(text: str) -> None:
    assert corporate_number(text).number == "4011001098993"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4011001098994", NumberReason.CHECK_DIGIT),
        ("401100109899", NumberReason.WRONG_LENGTH),
        ("40110010989930", NumberReason.WRONG_LENGTH),
        ("4.01E+12", NumberReason.NOT_DIGITS),
        ("未登録", NumberReason.NOT_DIGITS),
        (" ", NumberReason.EMPTY),
        ("T", NumberReason.NOT_DIGITS),
    ],
)
def test_a_wrong_corporate_number_says_what_is_wrong(text: str, reason: NumberReason) -> None:
    found = corporate_number(text)
    assert (found.valid, found.reason, found.text, found.invoice_number) == (False, reason, text, None)


@given(st.text(alphabet="0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_caught_unless_zero_and_nine_are_swapped(
    twelve: str, place: int, step: int
) -> None:
    number = f"{check_digit(twelve)}{twelve}"
    old = twelve[place]
    new = str((int(old) + step) % 10)
    wrong = number[0] + twelve[:place] + new + twelve[place + 1 :]
    assert corporate_number(number).valid
    assert corporate_number(wrong).valid is ({old, new} == {"0", "9"})


@pytest.mark.parametrize(
    ("text", "form", "position", "core"),
    [
        ("㈱アシスト", "株式会社", Position.BEFORE, "アシスト"),
        ("株式会社アシスト", "株式会社", Position.BEFORE, "アシスト"),
        ("（株）アシスト", "株式会社", Position.BEFORE, "アシスト"),
        ("株式会社　アシスト", "株式会社", Position.BEFORE, "アシスト"),
        ("㍿ｱｼｽﾄ", "株式会社", Position.BEFORE, "アシスト"),
        ("ｶ)ｱｼｽﾄ", "株式会社", Position.BEFORE, "アシスト"),
        ("(カ)アシスト", "株式会社", Position.BEFORE, "アシスト"),
        ("アシスト(株)", "株式会社", Position.AFTER, "アシスト"),
        ("アシスト株式会社", "株式会社", Position.AFTER, "アシスト"),
        ("ｱｼｽﾄ(ｶ", "株式会社", Position.AFTER, "アシスト"),
        ("アシスト(カ)", "株式会社", Position.AFTER, "アシスト"),
        ("㈲アシスト", "有限会社", Position.BEFORE, "アシスト"),
        ("アシスト(同)", "合同会社", Position.AFTER, "アシスト"),
        ("一般社団法人 日本伴走協会", "一般社団法人", Position.BEFORE, "日本伴走協会"),
        ("医療法人社団けやき会", "医療法人社団", Position.BEFORE, "けやき会"),
        ("医療法人けやき会", "医療法人", Position.BEFORE, "けやき会"),
        ("さくら監査法人", "監査法人", Position.AFTER, "さくら"),
        ("Assist Co., Ltd.", "Co., Ltd.", Position.AFTER, "Assist"),
        ("Assist Inc", "Inc.", Position.AFTER, "Assist"),
        ("東和物流", None, Position.NONE, "東和物流"),
    ],
)
def test_legal_form_position_and_core_are_told_apart(
    text: str, form: str | None, position: Position, core: str
) -> None:
    found = company(text)
    assert (found.form, found.position, found.core, found.text) == (form, position, core, text)
    assert found.warnings == ()


def test_the_core_key_looks_past_spaces_dots_case_and_long_marks() -> None:
    keys = {
        company(name).key
        for name in ("㈱サーバー・ワン", "サーバ ワン（株）", "さーばーわん", "ｻｰﾊﾞ―ﾜﾝ", "サ‐バ−ワン")
    }
    assert keys == {"サバワン"}
    assert company("abc商事").key == company("ＡＢＣ 商事").key


def test_a_name_is_never_rewritten() -> None:
    assert company("キヤノン株式会社").core == "キヤノン"
    assert company("㈱髙﨑𠮷商店").core == "髙﨑𠮷商店"
    assert company("\ufa19田㈱").core == "\ufa19田"  # the 異体字 of 神, which NFKC alone would replace


def test_a_name_without_a_core_or_with_its_form_inside_is_marked() -> None:
    assert company("株式会社").warnings == (NameWarning.NO_CORE,)
    assert company("").warnings == (NameWarning.NO_CORE,)
    branch = company("アシスト株式会社 東京支店")
    assert (branch.form, branch.core, branch.warnings) == (
        None,
        "アシスト株式会社 東京支店",
        (NameWarning.FORM_INSIDE,),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("日本エ業", LookAlike(2, "エ", "工")),
        ("東京ニ葉商店", LookAlike(2, "ニ", "二")),
        ("夕カハシ", LookAlike(0, "夕", "タ")),
        ("スズ力", LookAlike(2, "力", "カ")),
        ("東京株式会杜", LookAlike(5, "杜", "社")),
    ],
)
def test_characters_that_only_look_right_are_warned_about(name: str, expected: LookAlike) -> None:
    found = company(name)
    assert found.look_alikes == (expected,)
    assert found.warnings == (NameWarning.LOOK_ALIKE,)


@pytest.mark.parametrize(
    "name", ["大阪ガス工業", "ニトリ", "二葉商店", "カネカ", "東北電力", "杜の都サービス", "八千代口腔"]
)
def test_ordinary_names_carry_no_warning(name: str) -> None:
    assert company(name).look_alikes == ()


def test_front_and_back_kabushiki_are_candidates_apart_and_nothing_is_merged() -> None:
    found = same_company_candidates(["㈱アシスト", "株式会社アシスト", "アシスト(株)"])
    assert found == [
        Candidate(0, 1, Verdict.LIKELY, (CORE, FORM, POSITION)),
        Candidate(0, 2, Verdict.POSSIBLE, (CORE, FORM, MatchReason.POSITION_DIFFERS)),
    ]


def test_another_or_a_missing_form_is_a_reason_to_look() -> None:
    found = same_company_candidates(["株式会社アシスト", "有限会社アシスト", "アシスト"])
    assert [(pair.first, pair.second, pair.reasons[-1]) for pair in found] == [
        (0, 1, MatchReason.FORM_DIFFERS),
        (0, 2, MatchReason.FORM_MISSING),
    ]
    assert {pair.verdict for pair in found} == {Verdict.POSSIBLE}


def test_equal_numbers_are_proof_and_different_ones_keep_rows_apart() -> None:
    names = ["㈱アシスト", "旧社名㈱", "株式会社アシスト", "株式会社アシスト"]
    found = same_company_candidates(names, ["4011001098993", "T4011001098993", "2120901007402", None])
    assert [(pair.first, pair.second, pair.verdict) for pair in found] == [
        (0, 1, Verdict.SAME),
        (0, 3, Verdict.LIKELY),
        (2, 3, Verdict.LIKELY),
    ]
    assert same_company_candidates(["㈱あ", "㈱あ"], ["4011001098993", "2120901007402"]) == []
    assert (
        len(same_company_candidates(["㈱あ", "㈱あ"], ["4011001098994", "2120901007402"])) == 1
    )  # invalid: absent


def test_small_kana_and_look_alikes_are_candidates_only() -> None:
    small, looks = same_company_candidates(["キヤノン㈱", "キャノン㈱", "ニ葉商店", "二葉商店"])
    assert (small.verdict, small.reasons[0]) == (Verdict.POSSIBLE, MatchReason.SMALL_KANA)
    assert (looks.first, looks.second, looks.reasons[0]) == (2, 3, MatchReason.LOOK_ALIKE)
    assert len(same_company_candidates(["ヴィーナス", "ビーナス"])) == 1


def test_companies_without_a_core_name_are_no_candidates_of_each_other() -> None:
    assert same_company_candidates(["株式会社", "株式会社", ""]) == []


def calls(names: list[str]) -> int:
    """Python calls that the search makes: work that does not depend on the machine."""
    made = 0

    def count(_frame: object, event: str, _value: object) -> None:
        nonlocal made
        made += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        same_company_candidates(names)
    finally:
        sys.setprofile(before)
    return made


def test_every_row_of_a_group_is_reached_and_the_work_stays_linear() -> None:
    names = ["株式会社アシスト"] * 20_000
    found = same_company_candidates(names)
    assert {pair.second for pair in found} == set(range(1, 20_000)) and len(found) == 19_999
    few, many = calls(names[:500]), calls(names[:2_000])
    assert few > 500 and many < 5 * few  # each row with each other: 16 times as much
