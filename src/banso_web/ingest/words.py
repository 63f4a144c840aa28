"""Reason codes of imports in words: what is wrong with a row, how to mend it, and what else a person should know."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.ui.formats import japanese, joined
from banso_web.ingest.inputs import UnknownFile
from banso_web.ingest.mapping.sql import MappingWrong
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.problems import ReadProblem
from banso_web.ingest.recipe_words import PROBLEMS
from banso_web.ingest.rows import MissingColumns

# code: (reason, fix). Words in %()s come from the problem's detail; a missing one becomes empty.
REASONS: dict[str, tuple[Any, Any]] = {
    "erased_person": (
        _("個人情報を消去した担当者のため、取り込みませんでした"),
        _("直す必要はありません。元のシステムからも消すと、次から現れません。"),
    ),
    "other_customer": (
        _("ほかの顧客の契約か先方担当者が入っています"),
        _("この顧客のものか、契約の関係先・同じグループの人に直してください。"),
    ),
    "required": (_("必須の値がありません"), _("この列に値を入れてください。")),
    "refused_by_mapping": (
        _("対応づけが取り込まない行です: %(text)s"),
        _("元のデータか対応づけを直してから、もう一度取り込んでください。"),
    ),
    "not_a_date": (
        _("日付として読めません: %(text)s"),
        _("2026-11-24、2026/11/24、令和8年11月24日 などの形にしてください。"),
    ),
    "date_impossible_day": (
        _("存在しない日付です: %(text)s"),
        _("月の日数とうるう年を確かめ、実在する日に直してください。"),
    ),
    "date_out_of_range": (
        _("1900年から2199年の外の日付です: %(text)s"),
        _("年の桁を確かめてください。"),
    ),
    "number_too_large": (_("数が大きすぎます: %(text)s"), _("桁数と単位を確かめてください。")),
    "date_era_out_of_range": (
        _("その元号にない日付です: %(text)s"),
        _("元号と年を確かめるか、西暦で入れてください。"),
    ),
    "date_weekday_differs": (
        _("日付と曜日が合いません: %(text)s"),
        _("日付か曜日のどちらかを直してください。"),
    ),
    "date_month_only": (_("月だけで、日がありません: %(text)s"), _("日まで入れてください。")),
    "date_unknown_format": (
        _("日付として読めません: %(text)s"),
        _("2026-11-24、2026/11/24、令和8年11月24日 などの形にしてください。"),
    ),
    "date_empty": (_("日付がありません"), _("日付を入れてください。")),
    "corporate_number_not_digits": (
        _("法人番号に数字でない文字があります: %(text)s"),
        _("13桁の数字にしてください。"),
    ),
    "corporate_number_empty": (_("法人番号がありません"), _("分からなければ空にしてください。")),
    "same_month": (_("同じ月の列が2つあります: %(text)s"), _("どちらかの列を除いてください。")),
    "date_undecided": (
        _("日付が決まっていません: %(text)s"),
        _("決まったら入れてください。空として取り込みました。"),
    ),
    "not_an_amount": (
        _("金額として読めません: %(text)s"),
        _("税抜の数字だけにしてください(例 120000)。"),
    ),
    "amount_undecided": (
        _("金額が決まっていません: %(text)s"),
        _("金額を入れるか、行を除いてください。"),
    ),
    "amount_too_large": (_("金額が大きすぎます: %(text)s"), _("桁数と単位を確かめてください。")),
    "tax_included": (
        _("税込の金額です: %(text)s"),
        _("税抜に直すか、対応づけで「税込」を選んでください。"),
    ),
    "merged_amount": (_("結合されたセルの金額です"), _("結合を解き、行ごとの金額を入れてください。")),
    "formula_no_value": (
        _("数式の結果が保存されていません"),
        _("Excel で開いて保存し直すか、値として貼り付けてください。"),
    ),
    "excel_error": (_("Excel のエラー値です: %(text)s"), _("元の数式を直し、値にしてください。")),
    "nested_value": (_("入れ子の値です"), _("1つのセルに1つの値を入れてください。")),
    "binary_value": (_("文字ではない値です"), _("文字か数字にしてください。")),
    "number_shortened": (
        _("Excel が番号を短縮しています: %(text)s"),
        _("列を文字列にして、番号を入れ直してください。"),
    ),
    "not_a_number": (_("数として読めません: %(text)s"), _("数字だけにしてください。")),
    "number_undecided": (
        _("数が決まっていません: %(text)s"),
        _("決まったら入れてください。空として取り込みました。"),
    ),
    "not_whole": (_("整数ではありません: %(text)s"), _("0以上の整数にしてください。")),
    "not_a_month": (_("月ではありません: %(text)s"), _("1から12の数字にしてください。")),
    "not_a_period": (
        _("期間として読めません: %(text)s"),
        _("2026-10 または 2026年度 の形にしてください。"),
    ),
    "not_a_boolean": (
        _("有無として読めません: %(text)s"),
        _("1 または 0(有・無、○・×)にしてください。"),
    ),
    "boolean_undecided": (
        _("有無が決まっていません: %(text)s"),
        _("決まったら入れてください。空として取り込みました。"),
    ),
    "not_in_list": (
        _("決められた値ではありません: %(text)s"),
        _("次のどれかにしてください: %(allowed)s"),
    ),
    "not_an_email": (
        _("メールアドレスの形ではありません: %(text)s"),
        _("name@example.jp の形にしてください。"),
    ),
    "not_a_phone": (_("電話番号の形ではありません: %(text)s"), _("数字とハイフンにしてください。")),
    "corporate_number_wrong_length": (
        _("法人番号は13桁です: %(text)s"),
        _("13桁の数字にしてください。分からなければ空にしてください。"),
    ),
    "corporate_number_check_digit": (
        _("法人番号の検査数字が合いません: %(text)s"),
        _("国税庁の法人番号公表サイトで13桁を確かめてください。分からなければ空にしてください。"),
    ),
    "not_a_currency": (
        _("通貨の記号が分かりません: %(text)s"),
        _("JPY、USD などの3文字の通貨コードにしてください。"),
    ),
    "unknown_currency": (
        _("ない通貨です: %(text)s"),
        _("ISO 4217 の3文字の通貨コードにしてください。"),
    ),
    "extra_cells": (
        _("見出しより多い列に値があります"),
        _("値の中のカンマを引用符で囲むか、余分な列を消してください。"),
    ),
    "bad_json": (_("JSON の行として読めません"), _("1行に1つのオブジェクトを書いてください。")),
    "not_an_object": (
        _("JSON のオブジェクトとして読めません: %(text)s"),
        _('{"product": "A"} の形にするか、空にしてください。'),
    ),
    "no_person": (
        _("利用者IDも匿名IDもありません"),
        _("どちらかを入れてください。誰の操作か分からないと、利用者数に数えられません。"),
    ),
    "event_too_large": (_("イベントが 32 KB を超えています"), _("内容の列を短くしてください。")),
    "event_too_deep": (_("入れ子が100段より深い内容です"), _("内容の列を浅くしてください。")),
    "event_differs": (
        _("同じイベントIDで、別の内容のイベントがすでにあります"),
        _("別のイベントなら別のIDにしてください。入れ直すなら、前の取り込みを取り消してからにしてください。"),
    ),
    "too_long": (_("長すぎます(最大 %(limit)s 文字)"), _("短くするか、備考の列に移してください。")),
    "duplicate_id": (
        _("同じIDが %(first)s 行目にあり、内容が違います"),
        _("どちらが正しいかを確かめ、1行だけ残してください。先の行を取り込みます。"),
    ),
    "own_parent": (
        _("自分自身が親会社になっています: %(id)s"),
        _("親会社のIDを直すか、空にしてください。"),
    ),
    "parent_cycle": (
        _("親会社をたどると自分に戻ります: %(path)s"),
        _("この行の親会社のIDを直してください。"),
    ),
    "end_before_start": (
        _("終わりの日(%(end)s)が始まりの日(%(start)s)より前です"),
        _("日付の前後を直してください。"),
    ),
    "holds_too_long": (
        _("付けた日(%(start)s)から%(days)s日より先の日です"),
        _("%(days)s日以内の日を入れるか、空欄にしてください。"),
    ),
    "term_missing": (
        _("契約金額に対する契約月数がありません"),
        _("契約月数(1以上)を入れるか、月額を入れてください。"),
    ),
    "negative_price": (
        _("月額がマイナスです: %(text)s"),
        _("値引きは月額から引いた額を入れてください。"),
    ),
    "not_positive": (_("0より大きい数ではありません: %(text)s"), _("0より大きい数にしてください。")),
    "negative_number": (_("マイナスの数です: %(text)s"), _("0以上の数にしてください。")),
    "score_out_of_range": (
        _("点数が範囲の外です: %(text)s(%(low)s〜%(high)s)"),
        _("調査の尺度に合う点数にしてください。"),
    ),
    "share_out_of_range": (
        _("割合が0から1の外です: %(text)s"),
        _("30%% または 0.3 の形にしてください。"),
    ),
    "hours_out_of_range": (
        _("月の時間として大きすぎます: %(text)s"),
        _("1か月の稼働時間を入れてください。"),
    ),
    "email_taken": (
        _("このメールアドレスは別のメンバー(%(member)s)が使っています"),
        _("メンバーIDかメールアドレスを直してください。"),
    ),
    "belongs_elsewhere": (
        _("%(id)s は別の顧客のものとして登録されています"),
        _("顧客IDを直すか、別のIDで登録してください。"),
    ),
    "nothing_to_end": (
        _("減らすMRRがありません(この日までの残高より大きな減少です)"),
        _("始まりの行がファイルにあるか、契約ID・日付・金額が合うかを確かめてください。"),
    ),
    "unknown_contract": (
        _("契約がありません: %(id)s"),
        _("先に契約か、その増減を取り込んでください。"),
    ),
    "nothing_said": (
        _("点数もコメントもない回答です"),
        _("点数を入れるか、回答日を空にしてください。"),
    ),
}

REASONS |= PROBLEMS

NOTES: dict[str, Any] = {
    "incomplete_accounts": _(
        "顧客の一覧にない顧客 %(count)s 社を、IDを名前として未整備で作ります: %(examples)s"
    ),
    "incomplete_contracts": _("契約の一覧にない契約 %(count)s 件を、未整備で作ります: %(examples)s"),
    "incomplete_contacts": _(
        "一覧にない先方担当者 %(count)s 名を、IDを名前として未整備で作ります: %(examples)s"
    ),
    "incomplete_members": _("メンバーにない担当者 %(count)s 名を、権限なし・未整備で作ります: %(examples)s"),
    "ambiguous_member": _("同じ氏名のメンバーが複数います。メンバーIDで指定してください: %(examples)s"),
    "custom_columns": _("%(file)s: 知らない列は追加項目として残します: %(examples)s"),
    "skipped_total": _("%(file)s: 合計行 %(count)s 行を除きました"),
    "skipped_empty": _("%(file)s: 空の行 %(count)s 行を除きました"),
    "skipped_remark": _("%(file)s: 注記の行 %(count)s 行を除きました"),
    "skipped_header": _("%(file)s: 繰り返しの見出し %(count)s 行を除きました"),
    "date_undecided": _("%(file)s: 「未定」などの日付 %(count)s 件を空として取り込みます"),
    "number_undecided": _("%(file)s: 「未定」などの数 %(count)s 件を空として取り込みます"),
    "boolean_undecided": _("%(file)s: 「未定」などの有無 %(count)s 件を空として取り込みます"),
    "derived_movements": _("増減の行がない契約 %(count)s 件は、契約の内容からMRRの増減を作ります"),
    "books_changed": _(
        "確認したあとに公開された別の取り込みのため、%(count)s 行に減らすMRRがなくなりました。全行を確かめ直しました。まだ何も書いていません。"
    ),
    "shape_changed": _("前回の対応づけの後で、ファイルの形が変わりました: %(examples)s"),
}

FAILURES: dict[str, Any] = {
    "missing_columns": _("%(file)s に必要な列がありません: %(columns)s。何も取り込んでいません。"),
    "unknown_file": _(
        "%(file)s が何のファイルか、名前から分かりません。--kind で指定するか、名前を %(known)s のどれかにしてください。"
    ),
    "empty_folder": _("%(file)s に取り込めるファイルがありません。名前を %(known)s のどれかにしてください。"),
    "no_such_path": _("%(file)s が見つかりません。"),
    "empty_file": _("ファイルが空です。書き出し直したファイルを選んでください。"),
    "unknown_format": _("この形式は読めません。CSV、TSV、XLSX、JSONL、Parquet にしてください。"),
    "old_workbook": _(
        "古い Excel 形式(.xls)か、パスワード付きの Excel です。パスワードのない .xlsx で保存し直してください。"
    ),
    "file_too_large": _("ファイルが大きすぎます(上限 %(limit)s)。分けて取り込んでください。"),
    "too_many_columns": _(
        "列が多すぎます(%(row)s 行目、上限 %(limit)s 列)。区切り文字と引用符を確かめてください。"
    ),
    "too_many_rows": _("行が多すぎます(上限 %(limit)s 行)。分けて取り込んでください。"),
    "cell_too_long": _(
        "%(row)s 行目に長すぎる値があります(上限 %(limit)s 文字)。引用符の閉じ忘れがないか確かめてください。"
    ),
    "line_too_long": _("%(row)s 行目が長すぎます。区切りと改行を確かめてください。"),
    "bad_encoding": _(
        "文字コードが読めません(%(row)s 行目)。UTF-8 か Shift_JIS(CP932)で保存し直してください。"
    ),
    "mixed_encoding": _(
        "文字コードが途中で変わっています(%(row)s 行目)。1つの文字コードで保存し直してください。"
    ),
    "binary_content": _(
        "表のファイルではないようです(%(row)s 行目)。Excel か CSV で保存し直したファイルを選んでください。"
    ),
    "unclosed_quote": _(
        '%(row)s 行目の引用符(")が閉じていません。その行の引用符を直すか、表計算ソフトで CSV に保存し直してください。'
    ),
    "no_header": _("見出しの行が見つかりません。見出しの行番号を指定してください。"),
    "no_such_sheet": _("シート「%(sheet)s」はありません。シートを選び直してください(あるのは %(sheets)s)。"),
    "broken_workbook": _("Excel ファイルが壊れています。Excel で開いて保存し直してください。"),
    "encrypted_workbook": _("パスワード付きの Excel は読めません。パスワードを外して保存し直してください。"),
    "expands_too_much": _(
        "展開すると極端に大きくなるファイルのため、安全のため読みません。要るシートだけを新しいブックに写して保存してください。"
    ),
    "unsafe_workbook": _(
        "安全でない内容(文書型の宣言)を含む Excel ファイルのため、読みません。Excel で開いて保存し直してください。"
    ),
    "broken_parquet": _("Parquet ファイルが壊れています。書き出し直してください。"),
    "no_parquet_reader": _("Parquet を読む部品がありません。"),
    "mapping_wrong": _("対応づけのファイルを読めません: %(text)s。何も取り込んでいません。"),
    "mapping_time": _(
        "対応づけの %(file)s が %(limit)s 秒で終わりませんでした。結合の条件(ON、WHERE)を確かめてください。何も取り込んでいません。"
    ),
    "mapping_rows": _(
        "対応づけの %(file)s の行が多すぎます(上限 %(limit)s 行)。結合の条件(ON、WHERE)が抜けていないか確かめてください。何も取り込んでいません。"
    ),
    "mapping_size": _(
        "対応づけの %(file)s の結果が大きすぎます(上限 %(limit)s バイト)。結合の条件(ON、WHERE)と列を確かめてください。何も取り込んでいません。"
    ),
    "mapping_sql": _("対応づけの %(file)s を実行できません: %(text)s。何も取り込んでいません。"),
}


# What became of the data: said once, behind every failure that does not say it itself.
NOTHING_TAKEN = _("何も取り込んでいません。")
TELLS = frozenset(
    {"missing_columns", "mapping_wrong", "mapping_sql", "mapping_time", "mapping_rows", "mapping_size"}
)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _filled(text: Any, detail: dict[str, Any]) -> str:
    told = {key: joined(value) if isinstance(value, list) else value for key, value in detail.items()}
    return str(text) % _Blank(told)


def reason_text(code: str, detail: dict[str, Any]) -> str:
    """What is wrong, in the reader's language."""
    return _filled(REASONS[code][0], detail) if code in REASONS else code


def fix_text(code: str, detail: dict[str, Any]) -> str:
    """How to mend it."""
    return (
        _filled(REASONS[code][1], detail) if code in REASONS else str(_("値を直すか、行を除いてください。"))
    )


def note_text(note: dict[str, Any]) -> str:
    """One note of a run."""
    if note["code"] in FAILURES:
        return failure_text(note)
    examples = [str(one) for one in note.get("examples", [])]
    words = {
        "count": note.get("count", ""),
        "file": note.get("file", ""),
        "examples": joined(examples[:10]),
    }
    return (
        _filled(NOTES[note["code"]], words) if note["code"] in NOTES else f"{note['code']}: {words['count']}"
    )


def failure_data(problem: Exception) -> dict[str, Any]:
    """What stopped a file as a whole, as data."""
    if isinstance(problem, MissingColumns):
        keys = [column.key for column in problem.columns]
        return {"code": "missing_columns", "kind": problem.kind, "keys": keys}
    if isinstance(problem, ReadProblem):
        detail = {key: _plainly(value)[:200] for key, value in problem.detail.items()}
        return {"code": problem.code, "row": problem.row or "", "column": problem.column, **detail}
    if isinstance(problem, UnknownFile):
        return {"code": problem.code, "file": problem.name, "known": list(FILES)}
    if isinstance(problem, FileNotFoundError):
        return {"code": "no_such_path", "file": str(problem)}
    if isinstance(problem, MappingWrong):
        return {
            "code": problem.code,
            "file": problem.file,
            "text": problem.text[:1000],
            "limit": f"{problem.limit:,}",
        }
    return {"code": "other", "text": str(problem)[:500]}


def _plainly(value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def failure_text(data: dict[str, Any]) -> str:
    """The same in words: what happened, and that nothing was taken."""
    if data["code"] not in FAILURES:
        return str(data.get("text") or data["code"])
    if data["code"] == "missing_columns" and data.get("kind") in FILES:
        schema = FILES[data["kind"]]
        names = [(schema.column(key), key) for key in data["keys"]]
        data = {
            **data,
            "file": schema.ja if japanese() else schema.en,
            "columns": [f"{one.ja}({key})" if japanese() else f"{one.en} ({key})" for one, key in names],
        }
    text = _filled(FAILURES[data["code"]], data)
    return text if data["code"] in TELLS else f"{text}{NOTHING_TAKEN}"
