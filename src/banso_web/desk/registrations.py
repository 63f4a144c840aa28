"""What the desk says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.accounts.actions import leaving
from banso_web.accounts.actions.adding import may_add
from banso_web.core import retention as core_retention
from banso_web.core.actions.personal_requests import ANSWER_DAYS
from banso_web.core.periodic import Periodic
from banso_web.core.registry import NavEntry, PaletteAct, TimelineSource, registry
from banso_web.core.retention import clean_days
from banso_web.core.settings_store import SettingSpec, declare
from banso_web.desk.jobs import keep_forgetting
from banso_web.desk.reads.home import NEAR_DAYS, QUIET_DAYS
from banso_web.desk.reads.search import find_customers, find_people
from banso_web.ingest import personal as ingest_personal
from banso_web.ingest import retention
from banso_web.lifecycle import personal as lifecycle_personal
from banso_web.reports import personal as reports_personal
from banso_web.revenue import personal as revenue_personal
from banso_web.revenue.reads.accounts import charge_entries, invoice_entries, movement_entries
from banso_web.surveys import personal as survey_personal
from banso_web.touch import personal as touch_personal
from banso_web.voice import personal as voice_personal


def _whole_days(value: object) -> int:
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 730:
        raise ValueError(str(_("1 から 730 の日数を入れてください。")))
    return int(text)


declare(
    SettingSpec(
        key=QUIET_DAYS,
        label=_("接点がないと知らせる日数"),
        help=_("最後の接点からこの日数が過ぎた顧客を、ホームの「しばらく接点のない顧客」に並べます。"),
        default=45,
        kind="days",
        clean=_whole_days,
    )
)
declare(
    SettingSpec(
        key=NEAR_DAYS,
        label=_("満了が近いと知らせる日数"),
        help=_("この日数のうちに満了する契約を、ホームの「まもなく満了する契約」に並べます。"),
        default=90,
        kind="days",
        clean=_whole_days,
    )
)
registry.nav.append(
    NavEntry("home", _("ホーム"), "home", "home", order=1, reading="ほーむ だっしゅぼーど トップ")
)
registry.nav.append(
    NavEntry(
        "customers",
        _("顧客"),
        "customers",
        "customers",
        order=10,
        permission="account.view",
        reading="こきゃく 顧客一覧 こきゃくいちらん",
    )
)
registry.nav.append(
    NavEntry(
        "portfolio",
        _("ポートフォリオ"),
        "portfolio",
        "portfolio",
        order=11,
        permission="revenue.view",
        reading="ぽーとふぉりお",
    )
)
registry.nav.append(
    NavEntry(
        "matching",
        _("名寄せ"),
        "matching",
        "match",
        group="data",
        order=801,
        permission="merge.decide",
        reading="なよせ 統合 とうごう",
    )
)
# Every place below where a contact's data stands (accounts registers its own).
for place in (
    touch_personal, survey_personal, voice_personal, lifecycle_personal, revenue_personal, reports_personal, ingest_personal,
):  # fmt: skip
    registry.personal += place.FIELDS
retention.declare_settings()
leaving.declare()
core_retention.register()
declare(
    SettingSpec(
        key=ANSWER_DAYS,
        label=_("個人情報の請求に答えるまでの日数"),
        help=_("受け付けた日から数え、期限の初めの値になります。"),
        default=14,
        kind="days",
        clean=clean_days,
        group="data",
    )
)
registry.periodic.append(Periodic("personal.retention", keep_forgetting.enqueue, at_hour=3))
registry.erasure_checks.append(ingest_personal.waits)
registry.settings_pages.append(
    NavEntry(
        "personal",
        _("個人情報の開示と消去"),
        "personal",
        "person",
        order=60,
        permission="personal.manage",
        text=_("先方担当者の情報を探し、開示し、消す"),
        reading="こじんじょうほうのかいじとしょうきょ",
    )
)
registry.acts.append(
    PaletteAct(
        "customer-new",
        _("顧客を追加する"),
        "customer_new",
        permission="account.view",
        may=may_add,
        reading="こきゃくをついか 新規 しんき",
    )
)
registry.settings_pages += [
    NavEntry(
        "personal_requests",
        _("個人情報の請求"),
        "personal_requests",
        "person",
        order=61,
        permission="personal.manage",
        text=_("開示・訂正・利用停止・消去の請求を、受付から完了まで記録する"),
        reading="こじんじょうほうのせいきゅう",
    ),
    NavEntry(
        "retention",
        _("データの保存期間"),
        "retention",
        "calendar",
        order=62,
        permission="settings.edit",
        text=_("データの種類ごとに、いつまで残すかを決める"),
        reading="でーたのほぞんきかん",
    ),
]
registry.searches += [find_customers, find_people]
registry.timeline.append(TimelineSource("movement", movement_entries))
registry.timeline.append(TimelineSource("charge", charge_entries))
registry.timeline.append(TimelineSource("invoice", invoice_entries))
