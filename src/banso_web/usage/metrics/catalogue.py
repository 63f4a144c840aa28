"""Every metric that rests on use: name, formula, version, edge rules (spec: metrics)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.metrics import DAYS, RATIO, MetricSpec, register
from banso_web.usage.metrics.first_value import time_to_value
from banso_web.usage.metrics.rates import rate

_PERIOD = (
    _(
        "期間は基準日までの30日です。送信元が欠測した日は除き、その分さかのぼります。欠測が14日を超えると算出不可です。"
    ),
    _(
        "契約がどれも有効でない顧客、利用データが届いたことのない顧客、除外区分のある顧客は数えず、理由とともに示します。"
    ),
    _("以前は使われていて、いまは使われていない顧客は、0として数えます。"),
)

SPECS = (
    MetricSpec(
        "active_rate", _("アクティブ率"), RATIO, "1", _("30日の利用者 ÷ 基準日の席数"), rate, permission="account.view", group="usage",
        rules=(
            *_PERIOD,
            _("利用者は、イベントのある顧客では30日に一度でも使った人の数、日次の集計だけの顧客では営業日ごとの利用者の平均(日次平均)です。"),
            _("席数は日次利用のファイルの席数、なければ基準日に有効な契約の席数です。分からない顧客は算出不可で、0ではありません。"),
            _("席数を超える利用は切り捨てず、印を付けます。"),
        ),
    ),
    MetricSpec(
        "adoption_breadth", _("利用の広がり"), RATIO, "1", _("30日に使ったコア機能 ÷ プランのコア機能"), rate,
        permission="account.view", group="usage",
        rules=(
            *_PERIOD,
            _("コア機能とプランは、設定の「機能の定義」で決めます。定義は過去にもさかのぼって当てはめます。"),
            _("会社全体では、顧客ごとの機能の数を足してから割ります。8つのうち3つなら37.5%です。"),
        ),
    ),
    MetricSpec(
        "time_to_value", _("価値実感までの期間(TTV)"), DAYS, "1",
        _("受注日から、コア機能を初めて使った日までの日数の中央値(カプラン・マイヤー法)"), time_to_value,
        permission="account.view", group="usage", better="down",
        rules=(
            _("受注日は、その顧客の契約のうち最も早い受注日です。受注の前から使っていた顧客は0日とします。"),
            _("まだ使っていない顧客は除かず、基準日(契約がすべて終わっていれば最終利用日)までの打ち切りとして数えます。"),
            _("半数がまだ到達していないときは算出不可です。到達した顧客の平均では代えません。"),
            _("受注日のない顧客と、利用データの収集より前に受注した顧客は、初回利用が分からないため除き、理由とともに示します。"),
            _("コア機能は、設定の「機能の定義」で決めます。定義は過去にもさかのぼって当てはめます。"),
        ),
    ),
)  # fmt: skip


def register_all() -> None:
    for spec in SPECS:
        register(spec)
