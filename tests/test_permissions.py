"""Who may open what: every address against every kind of person. An address that nobody classified fails.

The table is written by hand, so that a permission that gets lost in the code is missed here. POST-only addresses answer
405 (or 404) to everybody; what their deeds ask is tested beside the deeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from banso_web.accounts.models import Account, Contract, Department
from banso_web.api import limits
from banso_web.collect.models import RejectedEvent, Source
from banso_web.conftest import person as person
from banso_web.connectors.models import TableRead
from banso_web.core import clock
from banso_web.core.actions.personal_requests import open_request
from banso_web.core.shared_count import forget
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import company as company
from banso_web.health.models import BacktestRun
from banso_web.ingest.models import ImportRun
from banso_web.ingest.models import Mapping as SavedMapping
from banso_web.members.models import Member, Role
from banso_web.revenue.actions.closing import close_month
from banso_web.revenue.models import Movement
from banso_web.touch.models import Touch
from banso_web.usage.actions.features import save_feature
from banso_web.usage.actions.own_metrics import save_metric
from banso_web.usage.models import SeenId, UsageAlert, UsageVerdict
from banso_web.warehouse import recent
from tests.addresses import Address, addresses

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]

# What each person's roles let them do, as far as an address asks for it. `bare` was imported and has no role.
MAY: dict[str, set[str]] = {
    "anonymous": set(),
    "bare": set(),
    "sato": {"account.view", "contact.view", "revenue.view", "member.view", "own"},
    "tanaka": {"account.view", "contact.view", "revenue.view", "member.view", "own", "import.run", "merge.decide", "audit.view", "account.edit_all"},
    "yamamoto": {"account.view", "member.view"},
    "ito": {"member.view"},
    "watanabe": {"account.view", "contact.view", "member.view"},
    "kanri": {"settings.edit", "member.view", "member.manage", "audit.view", "personal.manage"},
}  # fmt: skip

EVERYBODY = (
    "health account_inactive account_reset_password socialaccount_login_cancelled api:health api:openapi.json"
)
LOGGED_IN = """styleguide glossary search settings settings_display settings_yearly profile home api:docs api:me api:metrics
api:facts api:recipes api:keys
account_reauthenticate account_change_password mfa_list_webauthn"""
# Pages about second factors: who is logged in gets a page, a confirmation of the password first, or a 404 for what is not there.
OWN_FACTORS = """mfa_reauthenticate mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes mfa_generate_recovery_codes
mfa_download_recovery_codes mfa_add_webauthn mfa_reauthenticate_webauthn mfa_remove_webauthn mfa_edit_webauthn"""
# A redirect or a refusal for everybody alike: they hold nothing.
NOTHING = (
    "account_login account_logout mfa_index mfa_authenticate mfa_login_webauthn socialaccount_login_error"
)
NEEDS: dict[str, str] = {
    "account.view": """usage_moves usage_account usage_adoption usage_feature usage_metric health_rows health_change health_moved customers customer customer_timeline customer_alike customer_choices api:accounts api:accounts/<account> api:accounts/<account>/timeline
        api:accounts/<account>/history api:contracts api:accounts/<account>/contracts api:portfolio
        api:merges api:merges/candidates api:departments api:accounts/<account>/departments api:ownership
        api:accounts/<account>/ownership api:parties api:accounts/<account>/parties api:exclusions
        api:accounts/<account>/exclusions api:custom_fields api:accounts/<account>/custom_fields api:closures api:contracts/<code>
        api:touches api:accounts/<account>/touches api:touches/<code> api:touches/<code>/history
        api:responses api:accounts/<account>/responses api:responses/<code> api:responses/<code>/history
        api:tickets api:accounts/<account>/tickets api:tickets/<code> api:tickets/<code>/history
        api:voices api:accounts/<account>/voices api:voices/<code> api:voices/<code>/history
        api:sentiments api:accounts/<account>/sentiments api:sentiments/<code> api:sentiments/<code>/history
        api:tasks api:accounts/<account>/tasks api:tasks/<code> api:tasks/<code>/history
        api:renewals api:accounts/<account>/renewals api:renewals/<code> api:renewals/<code>/history
        api:goals api:accounts/<account>/goals api:goals/<code> api:goals/<code>/history
        api:onboarding api:accounts/<account>/onboarding api:onboarding/<code> api:onboarding/<code>/history
        api:usage_daily api:accounts/<account>/usage_daily api:usage_daily/<code> api:usage_daily/<code>/history
        api:readings api:accounts/<account>/health api:accounts/<account>/health/history
        api:adoption api:usage_metrics api:features api:features/<key>""",
    "contact.view": "api:contacts api:accounts/<account>/contacts api:contacts/<code>",
    "own": """customer_edit customer_new contact_new contact_edit contact_presence department_new department_edit
        contract_new contract_edit contract_end contract_end_back contract_missing movement_new movement_edit movement_void
        touch_new touch_edit touch_void sentiment usage_snooze usage_close""",
    "revenue.view": """api:backtests api:backtests/<run> backtests backtests_standard kpi kpi_rows kpi_detail nrr cohorts cohort_rows retention_curves retention_rows ltv
        ltv_expected ltv_expected_rows closing portfolio api:movements
        api:accounts/<account>/movements api:accounts/<account>/charges api:accounts/<account>/invoices api:metrics/<key>
        api:movements/<code> api:movements/<code>/history api:charges api:charges/<code> api:charges/<code>/history
        api:invoices api:invoices/<code> api:invoices/<code>/history api:rates api:rates/<code> api:rates/<code>/history
        api:ltv_inputs api:ltv_inputs/<code> api:ltv_inputs/<code>/history
        api:metrics/<key>/rows api:portfolio/following api:portfolio/contacts api:waterfall api:waterfall/<month> api:cohorts api:ltv api:ltv/scenarios api:kpi api:closings
        api:closings/preview/<month> api:closings/<closing> api:closings/<closing>/rows api:targets api:countermeasures""",
    "import.run": """imports import_new import_columns import_template import_run import_files import_mapping import_preview
        import_undo import_rows import_rows_csv api:imports api:imports/<run> api:imports/<run>/standing
        api:imports/<run>/rejected.csv api:imports/<run>/preview api:mappings api:mappings/<mapping>""",
    "merge.decide": "matching",
    "account.edit_all": "identity identity_csv identity_one api:identity/unknown api:identity/links",
    "member.view": "members member api:members",
    "member.manage": "invitations roles role role_new",
    "settings.edit": """settings_organisation settings_history settings_closures settings_closure_remove settings_setup retention
        health_cards health_card health_card_new health_card_text features feature_new feature_edit own_metrics own_metric_new own_metric_edit sources source table table_new releases source_health source_file_health live_events live_event rejected rejected_one""",
    "settings.edit and export.run": "rejected_csv",  # nobody here has both
    "personal.manage": "personal personal_contact personal_requests personal_request",
    "audit.view": "audit audit_csv api:audit",
}  # fmt: skip
# Closed to a GET of anybody: deeds (POST alone), links without their token, pages that Banso does not offer.
CLOSED = """sentiment_void identity_look identity_settle identity_rule identity_undo api:identity/links/<link>/undo
health_card_retire health_card_undo collect webhook feature_retire feature_undo own_metric_retire own_metric_undo usage_detect usage_unsnooze source_close source_secret source_mapping table_reading table_connection table_read release_remove rejected_all rejected_aside view_save view_change api_key_new api_key_revoke session_end member_edit member_roles member_activity
member_reset_link invitation_withdraw role_delete import_confirm import_resume import_drop kpi_target kpi_measure
kpi_target_withdraw kpi_measure_done kpi_measure_withdraw ltv_save ltv_delete closing_close closing_reopen closing_bridge
customers_bulk customers_undo portfolio_assign matching_decide matching_undo personal_disclose personal_erase api:edits
api:edits/<entry>/undo api:closings/<closing>/reopen api:closings/<closing>/bridge api:targets/<target>/withdraw
api:countermeasures/<measure>/done api:countermeasures/<measure>/withdraw
api:imports/<run>/confirm api:imports/<run>/resume api:imports/<run>/drop api:imports/<run>/undo api:merges/<merge>/undo
api:facts/<kind> api:portfolio/hearings api:closures/<on> api:keys/<key> api:imports/<run>/check api:contacts/<code>/leave api:contacts/<code>/return
api:contracts/<code>/end api:contracts/<code>/cancel-end api:contracts/<code>/price
api: api:missing setup password_link entry_link join openid_connect_login openid_connect_callback account_signup
account_email account_email_verification_sent account_set_password account_confirm_login_code account_request_login_code
account_reset_password_done account_reset_password_from_key_done socialaccount_signup socialaccount_connections
usersessions_list"""

# What a page needs to have an answer at all.
QUERIES: dict[str, dict[str, str]] = {
    "kpi_rows": {"metric": "nrr_monthly"},
    "cohort_rows": {"by": "month", "key": "2024-04", "age": "0"},
    "retention_rows": {"whole": "1", "age": "3"},
    "ltv_expected_rows": {"whole": "1"},
    "api:metrics/<key>": {"month": "2026-10"},
    "api:metrics/<key>/rows": {"month": "2026-10", "part": "numerator"},
    "api:closings/<closing>/rows": {"part": "churn"},
}
# The person passed, and only what is asked for is not there (or leads on to where it is).
BEYOND = {
    "settings_closure_remove": {404},  # a deed: GET finds nothing
    "import_files": {302},
    "import_mapping": {302},
    "import_preview": {302},
    "api:features/<key>": {404},  # nobody defined it
    "api:imports/<run>/preview": {422},  # the run holds no list of the company's own
}


def needs() -> dict[str, str]:
    """{name: what it asks for}; a name that stands twice is a mistake of this table."""
    table: dict[str, str] = {}
    lists = {
        **NEEDS,
        "everybody": EVERYBODY,
        "logged in": LOGGED_IN,
        "factors": OWN_FACTORS,
        "nothing": NOTHING,
        "closed": CLOSED,
    }
    for need, names in lists.items():
        for name in names.split():
            assert name not in table, f"{name} is classified twice"
            table[name] = need
    return table


@pytest.fixture(autouse=True)
def _no_rate(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(limits.PER_WINDOW, "read", 10**6)
    caches["local"].clear()
    forget()
    yield
    caches["local"].clear()


@pytest.fixture
def ids(person: People, company: Mapping[str, Account]) -> dict[str, Any]:
    """A real thing behind every parameter of an address that GET opens; 1 where only a POST would look for it."""
    used = usage_ids(company["A1"])  # before the closing, whose figures ask who is known
    closed = close_month(date(2026, 10, 1), kind="flash", actor=person("tanaka"), comment="10月の速報")
    run = ImportRun.objects.get()
    BacktestRun.objects.create(
        pk=run.pk,
        card="standard",
        as_of=clock.today(),
        months=24,
        horizon=90,
        watermark=1,
        asked_at=clock.now(),
    )
    mapping = SavedMapping.objects.create(
        name="名簿", body={"form": "columns", "kind": "accounts"}, shape={}, version=1, made_at=clock.now()
    )
    posted = ("view_id", "closure_id", "key_id", "invitation_id", "target_id", "measure_id", "scenario_id", "closing_id",
              "merge_id", "release_id", "sentiment_id", "entry", "target", "measure", "scenario", "merge", "link", "pk")  # fmt: skip
    return {
        **dict.fromkeys(posted, 1), "account": "A1", "account_id": company["A1"].pk, "member_id": person("suzuki").pk,
        "role_id": Role.objects.get(key="hr").pk, "run": run.pk, "mapping": mapping.pk, "run_id": run.pk, "at": 0, "kind": "accounts",
        "metric": "nrr_monthly", "month": "2026-10", "closing": closed.id, "provider_id": "sso",
        "code": "nothing", "signal": "usage", "scorecard": "standard", "card": "standard", "on": "2026-12-29",
        "contract_id": Contract.objects.get(code="K1").pk, "movement_id": Movement.objects.get(code="M4").pk,
        "touch_id": Touch.objects.get(code="T1").pk, "department_id": Department.objects.get(name="営業部").pk,
        "path": "track", "contact_id": company["A1"].contacts.values_list("pk", flat=True)[0],
        "request_id": open_request(
            person("kanri"), received_on=date(2026, 11, 1), kind="erase", person="山田 花子"
        ).pk,
        **used,
    }  # fmt: skip


def usage_ids(account: Account) -> dict[str, Any]:
    """A source with a rejected event, and a signal of falling use."""
    moment = clock.now()
    source = Source.objects.create(name="勤怠クラウド", write_key="key-of-the-permissions", created_at=moment)
    TableRead.objects.create(source=source, engine="duckdb", target="events")
    rejected = RejectedEvent.objects.create(
        source=source, received_at=moment, request="r", index=0, reason="no_event_name", body="{}"
    )
    weeks: dict[str, Any] = {"weeks": [], "skipped": [], "parts": {}, "gaps": {}}
    told = {**dict.fromkeys(("baseline", "recent", "baseline_users", "seats_change")), "change": "-1/2"}
    rule = {"threshold": "3/10", "baseline_weeks": 8, "recent_weeks": 2, "least_users": 10}
    evidence = {"form": "daily", "per_seat": False, "rule": rule, **told, **weeks}
    day = clock.today()
    verdict = UsageVerdict.objects.create(
        account=account, day=day, made_at=moment, verdict="drop", change=-0.5, evidence=evidence, digest=""
    )
    alert = UsageAlert.objects.create(
        account=account, kind="usage", raised_on=day, verdict=verdict, change=-0.5
    )
    (seen,) = recent.newest(recent.Wanted(state="rejected"))
    event = {"received": seen.received, "digest": seen.digest}
    unknown = SeenId.objects.create(
        kind="group", source=source.pk, key="lab", events=1, first_day=day, last_day=day
    )
    feature = save_feature({"name": "申請", "core": True, "rules": [{"name": "申請"}]}, actor=None)
    return {
        "source_id": source.pk,
        "rejected_id": rejected.pk,
        "seen_id": unknown.pk,
        "link_id": 1,
        "alert_id": alert.pk,
        "feature_id": feature,
        "metric_id": save_metric({"name": "週の利用者", "measure": "users", "days": 7}, actor=None),
        "entry_id": 1,
        **event,
    }


def client_of(who: str, person: People) -> Client:
    client = Client()
    if who == "bare":
        client.force_login(Member.objects.create(code="bare", name="取込だけの人"))
    elif who != "anonymous":
        client.force_login(person(who))
    return client


def asked(client: Client, one: Address, ids: Mapping[str, Any], **headers: str) -> Any:
    key = {"key": "organisation.name" if one.name == "settings_history" else "nrr_monthly"}
    return client.get(one.path({**ids, **key}), QUERIES.get(one.name), headers=headers)


def wanted(name: str, need: str, who: str) -> set[int]:
    """The statuses that are right for a person."""
    if need == "closed":
        return {302, 404, 405} if name == "settings_closure_remove" else {404, 405}
    if need == "everybody":
        return {200}
    if need == "nothing":
        return {200, 302, 401}
    if who == "anonymous":
        return {401} if name.startswith("api:") and name != "api:docs" else {302}
    if need == "logged in":
        return {200}
    if need == "factors":
        return {200, 302, 404}
    if need in MAY[who]:
        # A record by its id: who sees what of a real one is told in api/tests/test_facts.py.
        return {404} if "<code>" in name else BEYOND.get(name, {200})
    # A customer, or a member, that does not exist for somebody is not there; other pages say that they are closed.
    return {403, 404}


def test_every_address_is_classified() -> None:
    assert {one.name for one in addresses()} == set(needs()), "put the new address where it belongs"


# Pages open on the second engine for whoever may open them; whom they are closed to hangs on no engine.
OPENING = [
    who if who in ("tanaka", "yamamoto") else pytest.param(who, marks=pytest.mark.first_engine) for who in MAY
]


@pytest.mark.parametrize("who", OPENING)
def test_nobody_opens_what_is_not_theirs(who: str, person: People, ids: dict[str, Any]) -> None:
    client, table, wrong = client_of(who, person), needs(), []
    for one in addresses():
        if one.name == "account_logout":
            continue
        answer = asked(client, one, ids)
        leads = answer.get("Location", "")
        if answer.status_code not in wanted(one.name, table[one.name], who):
            wrong.append((one.name, table[one.name], answer.status_code))
        elif who == "anonymous" and answer.status_code == 302 and table[one.name] != "nothing":
            assert leads.startswith("/login/"), (one.name, leads)
        elif answer.status_code in (403, 404) and not answer.streaming:
            assert "アシスト" not in answer.content.decode(), one.name
    assert wrong == []


@pytest.mark.first_engine
@pytest.mark.parametrize("who", ["anonymous", "bare", "ito", "watanabe", "yamamoto"])
def test_fragments_drawers_and_exports_are_closed_alike(
    who: str, person: People, ids: dict[str, Any]
) -> None:
    client, table = client_of(who, person), needs()
    for one in addresses():
        need = table[one.name]
        if need not in NEEDS or need in MAY[who] or one.name.startswith("api:"):
            continue
        for headers in ({"HX-Request": "true"}, {"HX-Request": "true", "X-Banso-Drawer": "1"}):
            answer = asked(client, one, ids, **headers)
            assert answer.status_code in (302, 403, 404), one.name
        for kind in ("csv", "xlsx"):
            path = one.path({**ids, "key": "organisation.name"})
            assert client.get(path, {**QUERIES.get(one.name, {}), "export": kind}).status_code in (
                302,
                403,
                404,
            )
