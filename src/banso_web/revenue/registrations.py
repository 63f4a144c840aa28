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
