"""Features and adoption through the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.api.tests.conftest import Api
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import bring as bring
from banso_web.usage.actions.own_metrics import save_metric
from banso_web.usage.jobs import keep_all
from banso_web.usage.tests.conftest import events_home as events_home
from banso_web.usage.tests.test_adoption import company as company

pytestmark = pytest.mark.django_db
Keys = Callable[..., Api]


def test_a_feature_is_defined_changed_and_taken_out(
    company: dict[str, Account], as_key: Keys, events_home: Path
) -> None:
    admin, reader = as_key("kanri", "admin"), as_key("sato", "read")
    body = {"name": "申請", "key": "apply", "core": True, "events": [{"name": "申請"}]}
    assert reader.post("/features", body).status_code == 403
    assert admin.post("/features", body).status_code == 201
    for wrong in (
        {"name": "x", "events": []},
        {"name": "申請", "events": [{"name": "y"}]},
        {"name": "x", "events": [{"name": "y", "property": "p"}]},
    ):
        answer = admin.post("/features", wrong)
        assert answer.status_code == 422, wrong
    admin.post("/features", {"name": "集計", "core": True, "events": [{"name": "集", "starts": True}]})
    assert [one["name"] for one in reader.get("/features").json()["items"]] == ["申請", "集計"]
    assert admin.patch("/features/apply", {"core": False, "reason": "見直し"}).status_code == 200
    found = reader.get("/features/apply").json()["feature"]
    assert (found["core"], found["events"][0]["name"]) == (False, "申請")
    assert AuditRow.objects.get(action="feature.save", reason="見直し").new == {"core": False}
    assert admin.patch("/features/nothing", {"core": False}).status_code == 404
    assert admin.delete("/features/apply").status_code == 200
    assert reader.get("/features/apply").status_code == 404
    assert len(reader.get("/features").json()["items"]) == 1


def test_adoption_by_customer_and_the_metric(company: dict[str, Account], as_key: Keys) -> None:
    admin, reader = as_key("kanri", "admin"), as_key("sato", "read", "metrics")
    for name in ("申請", "権限"):
        admin.post("/features", {"name": name, "key": name, "core": True, "events": [{"name": name}]})
    lines: dict[str, Any] = {one["account_id"]: one for one in reader.get("/adoption").json()["items"]}
    assert set(lines) == {"X1", "X2", "X3"}
    assert (lines["X1"]["active_rate"], lines["X1"]["adoption_breadth"]) == ("0.278947368421", "0.5")
    assert (lines["X1"]["core_unused"], lines["X1"]["form"]) == (["権限"], "daily")
    assert (lines["X3"]["active_rate"], lines["X3"]["seats"]) == (None, None)
    assert lines["X2"]["reason"] == "not_collected"
    assert [one["account_id"] for one in reader.get("/adoption", {"segment": "大手"}).json()["items"]] == [
        "X1"
    ]
    first = reader.get("/adoption", {"limit": 1}).json()
    assert (
        reader.get("/adoption", {"limit": 1, "cursor": first["next"]}).json()["items"][0]["account_id"]
        == "X2"
    )
    assert reader.get("/metrics/adoption_breadth").json()["value"] == "0.5"
    assert as_key("ito", "read").get("/adoption").status_code == 403


def test_own_metrics_with_their_last_value(company: dict[str, Account], as_key: Keys) -> None:
    save_metric({"name": "週の利用者", "measure": "users", "days": 7}, actor=None)
    reader = as_key("sato", "read")
    (line,) = reader.get("/usage_metrics").json()["items"]
    assert (line["value"], line["days_counted"], line["days_to_count"]) == (None, 0, 19)
    keep_all.func()
    (line,) = reader.get("/usage_metrics").json()["items"]
    # X1 10 and X3 3 on the last day of use, 11/20.
    assert (line["value"], line["day"], line["days_counted"]) == ("13", "2026-11-20", 19)
    assert as_key("ito", "read").get("/usage_metrics").status_code == 403
