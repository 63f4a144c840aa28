"""Every metric that rests on revenue facts: name, formula, version, edge rules (spec: metrics)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from banso_web.core.metrics import COUNT, MONEY, RATIO, MetricResult, MetricSpec, Question, register
from banso_web.revenue.metrics import by_day, by_month, by_year, ltv, renewal
from banso_web.revenue.metrics.cache import through_cache
from banso_web.revenue.metrics.reported import through_closing

_MONTH_RULES = (
    _("月初は、その月の日付の動きが一つも入る前の状態です。"),
    _("解約日は最終利用日です。10/31に終わる契約は10月の解約です。"),
    _("新規・再開は含みません。当月内に契約して解約した顧客は両側から除きます。"),
    _("最終利用日から30日以内にMRRが戻った場合は更新遅延として継続扱いです。"),
)

SPECS = (
    MetricSpec(
        "mrr", _("MRR(月次経常収益)"), MONEY, "1", _("その日までに発効したMRRの増減の合計(税抜)"), by_day.mrr,
        rules=(
            _("年額は12で割り、1万分の1円まで保持します。丸めるのは表示のときだけです。"),
            _("初期費用・一時費用・消費税は含みません。"),
            _("終了は最終利用日、それ以外の変更は新価格の初日の日付です。"),
        ),
    ),
    MetricSpec("arr", _("ARR(年次経常収益)"), MONEY, "1", _("MRR × 12"), by_day.arr),
    MetricSpec(
        "customers", _("顧客数"), COUNT, "1", _("基準日の終わりにMRRが0より大きい顧客の数"), by_day.customers,
        rules=(_("顧客は法人(契約をまとめた単位)です。除外区分のある顧客は数えません。"),),
    ),
    MetricSpec(
        "arpa", _("顧客単価(ARPA)"), MONEY, "1", _("MRR ÷ 顧客数"), by_day.arpa,
        rules=(_("顧客がいない日は算出不可です。"),),
    ),
    MetricSpec(
        "planned_churn_mrr", _("解約予定MRR"), MONEY, "2",
        _("解約申出日 ≤ 基準日 < 解約日 である終了のMRRの合計"), by_day.planned_churn_mrr, better="down",
        rules=(
            _("解約日が来るまで解約率には入りません。"),
            _(
                "解約申出日のない終わり(先の日付の解約の動き)は、30日以内にその契約か同じ製品の契約のMRRが始まれば数えません。"
                "別の製品の契約が始まっても、終わる契約のMRRは解約予定です。"
            ),
        ),
    ),
    MetricSpec(
        "nrr_monthly", _("NRR(売上継続率) 月次"), RATIO, "1",
        _("(月初MRR + エクスパンション − ダウングレード − 解約) ÷ 月初MRR"), by_month.nrr_monthly, monthly=True,
        rules=_MONTH_RULES,
    ),
    MetricSpec(
        "grr_monthly", _("GRR(総売上継続率) 月次"), RATIO, "1", _("(月初MRR − ダウングレード − 解約) ÷ 月初MRR"),
        by_month.grr_monthly, monthly=True, rules=(*_MONTH_RULES, _("100%を超えません。")),
    ),
    MetricSpec(
        "customer_churn_monthly", _("顧客解約率 月次"), RATIO, "1", _("当月にMRRが0になった月初顧客 ÷ 月初顧客"),
        by_month.customers_lost(), monthly=True, better="down",
        rules=(*_MONTH_RULES, _("区間はウィルソンの95%信頼区間です。")),
    ),
    MetricSpec(
        "customer_churn_annualised", _("顧客解約率 年換算"), RATIO, "1", _("1 − (1 − 月次解約率)^12"),
        by_month.customers_lost(yearly=True), monthly=True, better="down", rules=(_("月次の12倍ではありません。"),),
    ),
    MetricSpec(
        "retention_monthly", _("顧客維持率 月次"), RATIO, "1", _("1 − 顧客解約率"),
        by_month.customers_lost(complement=True), monthly=True, rules=_MONTH_RULES,
    ),
    MetricSpec(
        "mrr_churn_monthly", _("解約MRR率 月次(解約のみ)"), RATIO, "1", _("解約MRR ÷ 月初MRR"),
        by_month.lost(("churn",)), monthly=True, better="down", rules=(_("ダウングレードは含みません。"),),
    ),
    MetricSpec(
        "gross_revenue_churn", _("グロス収益解約率 月次"), RATIO, "1", _("(解約 + ダウングレード) ÷ 月初MRR"),
        by_month.lost(("churn", "contraction")), monthly=True, better="down", rules=_MONTH_RULES,
    ),
    MetricSpec(
        "net_revenue_churn", _("ネット収益解約率 月次"), RATIO, "1",
        _("(解約 + ダウングレード − エクスパンション) ÷ 月初MRR = 1 − NRR"),
        by_month.lost(("churn", "contraction"), net=True), monthly=True, better="down",
        rules=(_("負になることがあります。"),),
    ),
    MetricSpec(
        "quick_ratio", _("クイックレシオ"), "number", "1",
        _("(新規 + 再開 + エクスパンション) ÷ (解約 + ダウングレード)"), by_month.quick_ratio, monthly=True,
        rules=(_("失ったMRRがない月は算出不可です。"),),
    ),
    MetricSpec(
        "nrr_12m", _("NRR(売上継続率) 12か月"), RATIO, "1",
        _("12か月前にMRRがあった顧客の当日MRR ÷ その顧客の12か月前のMRR"), by_year.twelve_months("nrr"), month_optional=True,
        rules=(_("月次NRRを12回掛けたものではありません(母集団が異なります)。"), _("その後の新規顧客は含みません。")),
    ),
    MetricSpec(
        "grr_12m", _("GRR(総売上継続率) 12か月"), RATIO, "1",
        _("Σ min(12か月前のMRR, 当日MRR) ÷ Σ 12か月前のMRR"), by_year.twelve_months("grr"), month_optional=True,
        rules=(_("100%を超えません。"),),
    ),
    MetricSpec(
        "customer_churn_12m_avg", _("直近12か月平均月次解約率(顧客数)"), RATIO, "1",
        _("直近12か月の月次の顧客解約率の平均"), by_year.averaged("customer_churn", "customers"),
        month_optional=True, better="down", rules=(_("月を指定しない場合は、終わった最後の月までの12か月です。"),),
    ),
    MetricSpec(
        "mrr_churn_12m_avg", _("直近12か月平均月次解約率(MRR)"), RATIO, "1",
        _("直近12か月の月次の解約MRR率の平均"), by_year.averaged("mrr_churn", "mrr"),
        month_optional=True, better="down", rules=(_("月を指定しない場合は、終わった最後の月までの12か月です。"),),
    ),
    MetricSpec(
        "renewal_rate", _("更新率(契約数)"), RATIO, "3", _("更新された契約 ÷ 期間内に満了した契約"),
        renewal.renewal(by_amount=False), month_optional=True,
        rules=(
            _("満了から30日以内に、その契約か同じ製品の後継契約のMRRが0より大きければ更新です。"),
            _("自動更新も更新に数え、印を付けます。解約日のある契約は、その日に更新されなかったものとして数えます。"),
            _(
                "満了日を過ぎても更新か解約かが決まっていない契約(更新手続中)は分母に入れず、別に示します。"
                "新しい満了日も後継契約もないまま続く契約のうち、自動更新の有無が分からないものと、"
                "MRRの動きを Banso が契約の内容から作っているものです。"
            ),
            _(
                "自動更新なしの契約でも、取り込んだMRRの動きが満了日の後も続いていれば、更新に数えます。"
                "更新手続中の一覧にも載りません。"
            ),
            _("満了日を誤って入れ、後から直した契約は、直した日付だけで数えます。直す前の時点では、元の日付で数えます。"),
        ),
    ),
    MetricSpec(
        "renewal_rate_amount", _("更新率(金額)"), RATIO, "3", _("更新された契約のMRR ÷ 期間内に満了した契約のMRR"),
        renewal.renewal(by_amount=True), month_optional=True, rules=(
            _("満了前日のMRRで量ります。"),
            _("通貨が2つある契約は、満了日の換算レートで報告通貨に合わせます。レートがなければ金額に入れず、件数と金額を示します。"),
        ),
    ),
    MetricSpec(
        "ltv_article", _("LTV(記事式)"), MONEY, "1", _("単価×粗利率×頻度×期間 − (獲得 + 維持×期間)"), ltv.article,
        inputs=(*ltv.ARTICLE, *ltv.ALIASES), rules=(_("入力にはそれぞれ出所と日付が付きます。"),),
    ),
    MetricSpec(
        "ltv_churn", _("LTV(チャーン型)"), MONEY, "1", _("(単価×粗利率 − 月維持費) ÷ 月次解約率 − 獲得"), ltv.churn,
        inputs=(*ltv.CHURN, *ltv.ALIASES),
        rules=(_("解約実績がないときは算出不可です。"), _("解約が10件未満のときは参考です。")),
    ),
)  # fmt: skip


class Asking:
    """The way to a metric: a reported question goes to the closing, a plain one to the stored values, else it is computed."""

    def __init__(self, compute: Callable[[Question], MetricResult]) -> None:
        self.without_cache = compute
        self._ask = through_closing(through_cache(compute))

    def __call__(self, question: Question) -> MetricResult:
        return self._ask(question)


def register_all() -> None:
    """Put every revenue metric into the catalogue."""
    for spec in SPECS:
        register(replace(spec, compute=Asking(spec.compute)))
