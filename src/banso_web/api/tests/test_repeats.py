"""Idempotency-Key, sizes, and problems in both languages."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError

from banso_web.accounts.models import Account
from banso_web.api import idempotency, limits, problems
from banso_web.api.models import KeptAnswer
from banso_web.api.service import api as service
from banso_web.core import clock
from banso_web.core.models import AuditRow, Entry
from banso_web.revenue.tests import factories as make

from .conftest import V1, Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]
EDIT = {"values": {"segment": "EP"}}


def test_the_same_request_is_carried_out_once(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    first = api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    api.patch("/accounts/A1", {"values": {"segment": "SMB"}})  # somebody goes on in between
    entries = Entry.objects.count()
    again = api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    assert again.content == first.content and again.status_code == 200
    assert again["Idempotent-Replayed"] == "true" and again["ETag"] == first["ETag"]
    assert Entry.objects.count() == entries and Account.objects.get().segment == "SMB"


def test_a_key_with_another_body_is_a_conflict(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    other = api.patch("/accounts/A1", {"values": {"segment": "SMB"}}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert Account.objects.get().segment == "EP"


def test_a_repeat_that_meets_the_first_as_it_fails_is_told_to_come_again(
    as_key: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request's mark stood when this one came, and was gone a moment later, with the failure."""
    make.account("A1", "丸一運輸")

    def taken(**row: object) -> None:
        raise IntegrityError("unique")

    monkeypatch.setattr(KeptAnswer.objects, "create", taken)
    found = as_key("tanaka").patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    assert (found.status_code, found.json()["code"]) == (409, "in_progress")
    assert Account.objects.get().segment == ""


def test_keys_of_two_callers_do_not_meet(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    as_key("tanaka").patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    other = as_key("tanaka").patch("/accounts/A1", {"values": {"segment": "SMB"}}, Idempotency_Key="k1")
    assert other.status_code == 200 and "Idempotent-Replayed" not in other


def test_a_refusal_is_kept_too_and_a_failure_is_not(as_key: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    wrong = {"values": {"name": " "}}
    assert api.patch("/accounts/A1", wrong, Idempotency_Key="k1").status_code == 422
    assert api.patch("/accounts/A1", wrong, Idempotency_Key="k1")["Idempotent-Replayed"] == "true"

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("secret inner words")

    with monkeypatch.context() as patched:
        patched.setattr("banso_web.api.views.accounts.edit_account", broken)
        failed = api.patch("/accounts/A1", EDIT, Idempotency_Key="k2")
    assert (failed.status_code, failed.json()["data"]) == (500, "unknown")
    assert "secret inner words" not in failed.content.decode()
    assert api.patch("/accounts/A1", EDIT, Idempotency_Key="k2").status_code == 200


def test_a_request_under_way_is_not_begun_twice(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    KeptAnswer.objects.update(status=None, body="")
    answer = api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (409, "in_progress", "5")


def test_answers_are_kept_a_day(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    KeptAnswer.objects.update(made_at=clock.now() - timedelta(hours=23, minutes=59))
    assert idempotency.purge() == 0
    KeptAnswer.objects.update(made_at=clock.now() - timedelta(hours=24, seconds=1))
    fresh = api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
    assert "Idempotent-Replayed" not in fresh
    KeptAnswer.objects.update(made_at=clock.now() - timedelta(hours=25))
    assert idempotency.purge() == 1


def test_problems_speak_the_callers_language(as_key: Caller) -> None:
    japanese = as_key("tanaka").get("/accounts/nobody")
    english = as_key("tanaka", language="en-US,en;q=0.9,ja;q=0.5").get("/accounts/nobody")
    assert (japanese["Content-Language"], english["Content-Language"]) == ("ja", "en")
    assert japanese.json()["title"] == "見つかりません"
    assert english.json()["title"] == "Not found"
    assert english.json()["detail"] == "There is nothing at this address, or you may not see it."
    assert {"type", "title", "status", "detail", "code", "instance"} <= set(english.json())
    german = as_key("tanaka", language="de").get("/accounts/nobody")
    assert german["Content-Language"] == "ja"  # the installation's own


def test_a_write_says_what_became_of_the_data_in_english(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    answer = as_key("tanaka", language="en").patch("/accounts/A1", {"values": {"employees": "many"}})
    assert answer.json()["detail"] == "Please check the input. No data was changed."
    assert answer.json()["errors"] == {"values.employees": ["Must be a whole number."]}


def test_every_problem_has_english_words(as_key: Caller) -> None:
    from django.utils.translation import override

    with override("en"):
        words = [str(word) for word in (*problems.TITLES.values(), *problems.WORDS.values())]
    assert [word for word in words if not word.isascii()] == []


def test_bodies_that_cannot_be_read(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    broken = api.client.patch(f"{V1}/accounts/A1", b"{", content_type="application/json", headers=api.headers)
    assert (broken.status_code, broken.json()["code"]) == (400, "bad_body")
    missing = api.patch("/accounts/A1", {})
    assert (missing.status_code, list(missing.json()["errors"])) == (422, ["values"])
    listed = api.patch("/accounts/A1", [1])
    assert listed.status_code == 422


def test_a_nul_is_refused_on_every_database(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    assert api.patch("/accounts/A1", {"values": {"segment": "a\x00b"}}).status_code == 422
    assert api.patch("/accounts/A1", {"values": {"segment": "b"}, "reason": "\x00"}).status_code == 422
    assert api.get("/accounts", {"q": "a\x00"}).status_code == 422
    lone = api.client.patch(
        f"{V1}/accounts/A1",
        b'{"values": {"segment": "\\ud800"}}',
        content_type="application/json",
        headers=api.headers,
    )
    assert lone.status_code == 422
    assert api.patch("/accounts/A1", {"values": {"segment": "plain \\x00"}}).status_code == 200


def test_too_much_is_refused_before_it_is_read(as_key: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY", 1024 * 1024)
    answer = as_key("tanaka").patch("/accounts/A1", {"values": {"success_definition": "x" * 1024 * 1024}})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_unknown_addresses_and_methods_are_problems(as_key: Caller) -> None:
    api = as_key("tanaka")
    for path in ("/nothing", "/accounts/", "/accounts/A1/nothing"):
        answer = api.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    wrong = api.send("delete", "/accounts", {})
    assert (wrong.status_code, wrong["Content-Type"]) == (405, "application/problem+json")
    assert set(wrong["Allow"].split(", ")) == {"GET", "POST"}


def test_no_key_stands_in_logs_audit_or_kept_answers(
    as_key: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    with caplog.at_level(logging.DEBUG):
        api.patch("/accounts/A1", EDIT, Idempotency_Key="k1")
        api.get("/accounts/nobody")
    secret = api.text.split("_", 2)[2]
    rows = json.dumps(
        list(AuditRow.objects.values("old", "new", "reason", "subject_label")), ensure_ascii=False
    )
    assert secret not in caplog.text + rows + "".join(KeptAnswer.objects.values_list("body", flat=True))


def test_health_needs_no_key(as_key: Caller) -> None:
    from django.test import Client

    assert Client().get(f"{V1}/health").json()["status"] == "ok"
    assert service.urls_namespace == "api"
