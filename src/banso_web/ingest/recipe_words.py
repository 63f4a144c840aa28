"""The recipes' codes in words: why a row of the sheet gives no movement, and what the person should look at."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

PROBLEMS: dict[str, tuple[Any, Any]] = {
    "recipe_no_account": (_("顧客が分かりません"), _("顧客の列に値を入れてください。")),
    "recipe_no_start": (_("契約開始日がありません"), _("契約開始日を入れてください。")),
    "recipe_no_amount": (_("金額がありません"), _("月額か、契約金額と契約月数を入れてください。")),
    "recipe_no_term": (_("契約金額に対する期間がありません"), _("契約月数か満了日を入れてください。")),
    "recipe_no_unit": (
        _("金額が月額か年額か分かりません"),
        _("「月額」「年額」「四半期」「半年」「総額」のどれかを入れるか、列の対応づけを見直してください。"),
    ),
    "recipe_end_before_start": (
        _("終わりの日が始まりの日より前です: %(text)s"),
        _("日付の前後を直すか、日付の読み方の答えを確かめてください。"),
    ),
    "recipe_no_kind": (
        _("商談の種別が分かりません: %(text)s"),
        _("新規・更新・増額・減額・解約のどれかにするか、値の読み替えで選んでください。"),
    ),
    "recipe_no_date": (_("日付がありません"), _("受注日か利用開始日を入れてください。")),
    "recipe_no_period": (_("利用期間がありません"), _("利用期間の開始日と終了日を入れてください。")),
    "recipe_end_without_start": (
        _("終わらせる契約がありません"),
        _("始まりの行がファイルにあるか、顧客と製品が合うかを確かめてください。"),
    ),
    "recipe_below_zero": (
        _("MRRがマイナスになります"),
        _("減額の金額を確かめてください。"),
    ),
    "recipe_amount_too_large": (_("金額が大きすぎます"), _("桁数と単位を確かめてください。")),
    "recipe_no_rows_of_day": (
        _("行のない一覧です: %(text)s"),
        _("書き出しに失敗していないか確かめてください。全員の解約とは扱いません。"),
    ),
}

MARKS: dict[str, Any] = {
    "auto_renew_continues": _("自動更新のため、満了日を過ぎても続くものとします"),
    "renewed_by": _("次の契約に引き継がれたものとします"),
    "overlap": _("同じ顧客・製品の契約期間が重なっています(足し合わせます)"),
    "replaced": _("後の契約に置き換わったものとします"),
    "partial_months": _("期間が月の途中までです(月数に直して割ります)"),
    "open_end": _("2099年以降の満了日は「終わりなし」とします"),
    "undecided_end": _("満了日を過ぎて決まっていない契約を、続いているものとします"),
    "renewed_late": _("満了から30日以内に戻った契約です(更新遅延)"),
    "rows_added_up": _("同じ顧客・製品の行を足し合わせます"),
    "opening_balance": _("最初の月にすでにある残高です(いつ始まったかは表から分かりません)"),
    "joined_change": _("前に取り込んだ残高と違います(前の残高 → この表の最初の月)"),
    "empty_months": _("全員が空の月は、まだ入力されていないものとして扱います"),
    "missing_months": _("抜けている月があります"),
    "one_snapshot_a_month": _("同じ月に複数の一覧があります(最後のものを使います)"),
    "renewal_without_start": _("始まりのない更新です(新規として扱います)"),
    "change_without_start": _("始まりのない増額です(新規として扱います)"),
    "partial_end": _("一部だけの解約です(減額として扱います)"),
    "one_off": _("一時的な売上です(MRRに入れません)"),
    "open_at_end_of_data": _("最後の請求より先は分からないため、解約とはしません"),
}

READINGS: dict[str, Any] = {
    "last_day": _("3月31日(最後に使える日)"),
    "day_after": _("4月1日(次の契約の初日)"),
    "month_end": _("3月のどこかの日付(その月の末日まで使える)"),
    "previous_month_end": _("4月のどこかの日付(処理した日。前の月の末日まで使えた)"),
    "notice": _("解約の申し出があった日(契約期間の終わりまで使える)"),
}
SHORT_READINGS: dict[str, Any] = {
    "last_day": _("最後に使える日"),
    "day_after": _("次の契約の初日"),
    "month_end": _("その月の末日まで"),
    "previous_month_end": _("処理した日"),
    "notice": _("申し出があった日"),
}
