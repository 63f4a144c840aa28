"""改善策: what was decided about a missed target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from banso_web.core.clock import JST
from banso_web.core.facts import Asked
from banso_web.reports.models import Countermeasure

KINDS: dict[str, Any] = {
    "feedback": _("メンバーへのフィードバック"),
    "strategy": _("戦略の修正"),
    "product": _("プロダクトの改修依頼"),
}
# Figures whose 改善策 names the reason of churn it answers.
ABOUT_CHURN = (
    "customer_churn_monthly", "customer_churn_annualised", "customer_churn_12m_avg", "retention_monthly",
    "mrr_churn_monthly", "mrr_churn_12m_avg", "gross_revenue_churn", "net_revenue_churn",
)  # fmt: skip
# Reason of churn -> what is usually done about it: suggestions to start from, never defaults.
SUGGESTED: tuple[tuple[Any, Any], ...] = (
    (_("使いこなせない、定着しない"), _("オンボーディングの強化・完了判定")),
    (_("利用低下"), _("利用状況の可視化と、低下したときの能動フォロー")),
    (_("不満の潜伏、サイレント"), _("定期的な接点(定例会・アンケート・ヒアリング)")),
    (_("困りごと未解決"), _("サポート・FAQの充実")),
    (_("機能不足、バグ"), _("プロダクト改善・不具合修正の依頼")),
    (_("価値が分からない"), _("活用事例・教育コンテンツ・コミュニティの案内")),
    (_("キーパーソンの異動・退職"), _("担当者変更への備え(複数の接点、再オンボーディング)")),
    (_("費用対効果、予算"), _("料金・プランの適正化(ダウングレードの提案を含む)")),
    (_("更新時の見直し"), _("契約更新フォロー")),
    (_("ミスマッチ"), _("営業段階の期待値調整・ターゲットの見直し")),
)
QUIET_DAYS = 30  # a missed figure without a new measure for so long is pointed out (KGI-04)


@dataclass(frozen=True)
class Measure:
    """One 改善策 as a page shows it."""

    id: int
    metric: str
    month: date
    kind: str
    text: str
    owner_id: int
    owner: str
    due_on: date
    expected_effect: str
    churn_reason: str
    done_on: date | None
    made_by: str
    made_at: datetime

    @property
    def kind_word(self) -> Any:
        return KINDS.get(self.kind, self.kind)

    def late_on(self, day: date) -> bool:
        return self.done_on is None and self.due_on < day


def measures(asked: Asked, *, month: date | None = None, metric: str = "") -> list[Measure]:
    """Standing measures that were written by the asked day, newest first."""
    until = datetime.combine(asked.as_of + timedelta(days=1), time.min, tzinfo=JST)
    rows = Countermeasure.objects.filter(withdrawn_at=None, made_at__lt=until)
    if month is not None:
        rows = rows.filter(month=month)
    if metric:
        rows = rows.filter(metric=metric)
    rows = rows.annotate(owner_name=F("owner__name"), maker=F("made_by__name")).order_by("-made_at", "-id")
    return [
        Measure(
            row.pk, row.metric, row.month, row.kind, row.text, row.owner_id, row.owner_name, row.due_on,
            row.expected_effect, row.churn_reason, row.done_on, row.maker, row.made_at,
        )
        for row in rows[:500]
    ]  # fmt: skip


def newest_by_metric(asked: Asked) -> dict[str, datetime]:
    """When the newest standing measure of each metric was written, by the asked day."""
    until = datetime.combine(asked.as_of + timedelta(days=1), time.min, tzinfo=JST)
    rows = Countermeasure.objects.filter(withdrawn_at=None, made_at__lt=until).order_by()
    return dict(rows.values_list("metric").annotate(newest=Max("made_at")))


def is_quiet(newest: datetime | None, day: date) -> bool:
    """Whether the newest measure is older than `QUIET_DAYS`; without any it is 未対策, which says more."""
    return newest is not None and newest.astimezone(JST).date() < day - timedelta(days=QUIET_DAYS)


def covered(found: Sequence[Measure]) -> set[str]:
    """Metrics that carry at least one measure."""
    return {measure.metric for measure in found}
