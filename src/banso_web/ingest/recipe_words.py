"""The recipes' codes in words: why a row of the sheet gives no movement, and what the person should look at."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as lazy

PROBLEMS: dict[str, tuple[Any, Any]] = {
    "recipe_no_account": (lazy("顧客が分かりません"), lazy("顧客の列に値を入れてください。")),
    "recipe_no_start": (lazy("契約開始日がありません"), lazy("契約開始日を入れてください。")),
    "recipe_no_amount": (lazy("金額がありません"), lazy("月額か、契約金額と契約月数を入れてください。")),
    "recipe_no_term": (lazy("契約金額に対する期間がありません"), lazy("契約月数か満了日を入れてください。")),
    "recipe_end_before_start": (
        lazy("終わりの日が始まりの日より前です: %(text)s"),
        lazy("日付の前後を直すか、日付の読み方の答えを確かめてください。"),
    ),
    "recipe_no_kind": (
        lazy("商談の種別が分かりません: %(text)s"),
        lazy("新規・更新・増額・減額・解約のどれかにするか、値の読み替えで選んでください。"),
    ),
    "recipe_no_date": (lazy("日付がありません"), lazy("受注日か利用開始日を入れてください。")),
    "recipe_no_period": (lazy("利用期間がありません"), lazy("利用期間の開始日と終了日を入れてください。")),
    "recipe_end_without_start": (
        lazy("終わらせる契約がありません"),
        lazy("始まりの行がファイルにあるか、顧客と製品が合うかを確かめてください。"),
    ),
    "recipe_below_zero": (
        lazy("MRRがマイナスになります"),
        lazy("減額の金額を確かめてください。"),
    ),
    "recipe_amount_too_large": (lazy("金額が大きすぎます"), lazy("桁数と単位を確かめてください。")),
    "recipe_no_rows_of_day": (
        lazy("行のない一覧です: %(text)s"),
        lazy("書き出しに失敗していないか確かめてください。全員の解約とは扱いません。"),
    ),
}

MARKS: dict[str, Any] = {
    "auto_renew_continues": lazy("自動更新のため、満了日を過ぎても続くものとします"),
    "renewed_by": lazy("次の契約に引き継がれたものとします"),
    "overlap": lazy("同じ顧客・製品の契約期間が重なっています(足し合わせます)"),
    "replaced": lazy("後の契約に置き換わったものとします"),
    "partial_months": lazy("期間が月の途中までです(月数に直して割ります)"),
    "open_end": lazy("2099年以降の満了日は「終わりなし」とします"),
    "undecided_end": lazy("満了日を過ぎて決まっていない契約を、続いているものとします"),
    "renewed_late": lazy("満了から30日以内に戻った契約です(更新遅延)"),
    "rows_added_up": lazy("同じ顧客・製品の行を足し合わせます"),
    "opening_balance": lazy("最初の月にすでにある残高です(いつ始まったかは表から分かりません)"),
    "empty_months": lazy("全員が空の月は、まだ入力されていないものとして扱います"),
    "missing_months": lazy("抜けている月があります"),
    "one_snapshot_a_month": lazy("同じ月に複数の一覧があります(最後のものを使います)"),
    "renewal_without_start": lazy("始まりのない更新です(新規として扱います)"),
    "change_without_start": lazy("始まりのない増額です(新規として扱います)"),
    "partial_end": lazy("一部だけの解約です(減額として扱います)"),
    "one_off": lazy("一時的な売上です(MRRに入れません)"),
    "open_at_end_of_data": lazy("最後の請求より先は分からないため、解約とはしません"),
}

READINGS: dict[str, Any] = {
    "last_day": lazy("3月31日(最後に使える日)"),
    "day_after": lazy("4月1日(次の契約の初日)"),
    "month_end": lazy("3月のどこかの日付(その月の末日まで使える)"),
    "previous_month_end": lazy("4月のどこかの日付(処理した日。前の月の末日まで使えた)"),
    "notice": lazy("解約の申し出があった日(契約期間の終わりまで使える)"),
}
SHORT_READINGS: dict[str, Any] = {
    "last_day": lazy("最後に使える日"),
    "day_after": lazy("次の契約の初日"),
    "month_end": lazy("その月の末日まで"),
    "previous_month_end": lazy("処理した日"),
    "notice": lazy("申し出があった日"),
}
