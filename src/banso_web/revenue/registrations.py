"""What revenue says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.periodic import Periodic
from banso_web.core.registry import registry
from banso_web.core.settings_store import SettingSpec, declare
from banso_web.revenue import kinds
from banso_web.revenue.actions.figures import after_project, after_publish
from banso_web.revenue.jobs import fill_values, refresh_all
from banso_web.revenue.metrics.catalogue import register_all
from banso_web.revenue.reads.customers import (
    CHURN_MONTH,
    COUNTED_BY,
    CURRENCY,
    FOLLOWING,
    LAST_USE,
    base_currency,
)


def _currency(value: object) -> str:
    text = str(value).strip().upper()
    if len(text) != 3 or not text.isalpha():
        raise ValueError(str(_("通貨は JPY のような3文字で指定してください。")))
    return text


def _counted_by(value: object) -> str:
    if value not in ("account", "user_company"):
        raise ValueError(str(_("契約先か利用企業を選んでください。")))
    return str(value)


declare(
    SettingSpec(
        key=COUNTED_BY,
        label=_("顧客の数え方"),
        help=_(
            "契約先で数えるか、利用企業で数えるかを選びます。変更すると全期間の数字が変わります。締めた月は変わりません。"
        ),
        default="account",
        kind="choice",
        choices=(("account", _("契約先")), ("user_company", _("利用企業"))),
        clean=_counted_by,
        group="revenue",
        counted=True,
    )
)


def _churn_month(value: object) -> str:
    if value not in (LAST_USE, FOLLOWING):
        raise ValueError(str(_("最終利用月か翌月を選んでください。")))
    return str(value)


declare(
    SettingSpec(
        key=CHURN_MONTH,
        label=_("解約計上月"),
        help=_(
            "解約を最終利用月に数えるか、翌月に数えるかを選びます。変更すると全期間の数字が変わります。締めた月は変わりません。"
        ),
        guide=(
            _(
                "最終利用月: 最後に使える日を含む月の解約です。10月31日まで使える契約の解約は10月に数え、10月31日のMRRには入りません。"
            ),
            _(
                "翌月: 最後に使える日の翌月1日の解約です。同じ契約の解約は11月に数え、10月31日のMRRに入っています。10月15日に終わる契約も11月です。"
            ),
            _(
                "例: MRR 100,000円の顧客が10社あり、1社が10月31日に終わります。最終利用月なら、10月の顧客解約率は 10.00 %、10月31日のMRRは 900,000円です。翌月なら、10月は 0.00 %、10月31日のMRRは 1,000,000円で、11月が 10.00 % です。"
            ),
            _(
                "動くのは、その月の終わりにMRRが残らない顧客の解約だけです。同じ顧客の別の契約への切り替えと減額は動きません。更新遅延(30日以内の再開)は、どちらでも最後に使える日から数えます。"
            ),
            _(
                "変え方: 値を選び、変更の理由を書いて保存します。適用開始日が空欄なら全期間に、日付を入れるとその日から後を基準日とする数字に効きます。締めた月の確報は変わらず、締め後修正に差が出ます。会計の解約計上に合わせるときは、先に会計担当に確かめてください。"
            ),
        ),
        default=LAST_USE,
        kind="choice",
        choices=((LAST_USE, _("最終利用月")), (FOLLOWING, _("翌月"))),
        clean=_churn_month,
        group="revenue",
        counted=True,
    )
)
declare(
    SettingSpec(
        key=CURRENCY,
        label=_("報告通貨"),
        help=_(
            "合計を表す通貨です。ほかの通貨は日付のあるレートで換算し、レートによる差は「為替」に分けます。"
        ),
        default="JPY",
        clean=_currency,
        group="revenue",
        counted=True,
    )
)
register_all()
registry.base_currency = base_currency
registry.after_publish.append(after_publish)
registry.after_project.append(after_project)
registry.periodic.append(Periodic("revenue.figures", refresh_all.enqueue, at_hour=0))
registry.periodic.append(Periodic("revenue.values", fill_values.enqueue, at_hour=1))

__all__ = ["kinds"]
