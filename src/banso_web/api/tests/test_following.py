"""US-6 through the API: the lists, the shares, the rule as the organisation sets it, and the assigned hearing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from banso_web.api.tests.conftest import Api
from banso_web.api.tests.test_stories import take_in
from banso_web.core.actions.organisation import change_settings
from banso_web.lifecycle.models import Task
from banso_web.members.models import Member
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
Keys = Callable[..., Api]


@pytest.fixture
def api(as_key: Keys) -> Api:
    """田中's key, in the story's company."""
    for key in ("sato", "suzuki", "takahashi"):
        as_key(key)
    found = as_key("tanaka")
    take_in(found, make.STORIES / "us6")
    return found


def listed(api: Api, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.get("/portfolio/following", query).json()
    return answer


def test_the_story_of_the_overlooked(api: Api) -> None:
    found = listed(api)
    told = [
        (one["name"], f"{Decimal(one['priority']):.1f}", one["fell"], one["days"]) for one in found["items"]
    ]
    assert told == [
        ("大空食品", "94.2", True, 55),
        ("東和物流", "80.3", True, 88),
        ("北斗製作所", "24.0", False, 75),
    ]
    assert found["total"] == {"customers": 3, "mrr": "1000000", "unrated": 0}
    assert found["unknown"] == {"customers": 1, "mrr": "400000", "unrated": 0}
    assert found["rule"] == {
        "basis": "csat",
        "mid_from": "3",
        "mid_below": "4",
        "days": 45,
        "drop": "0.5",
        "renewal_days": 120,
    }
    assert (found["items"][0]["now"], found["items"][0]["before"], found["items"][0]["people"]) == (
        "3.2",
        "3.9",
        10,
    )
    unknown = listed(api, list="unknown")["items"]
    assert [(one["name"], one["now"], one["unanswered_requests"]) for one in unknown] == [
        ("光洋電機", None, 2)
    ]
    assert [one["name"] for one in listed(api, list="low")["items"]] == ["さくら病院"]
    assert [one["name"] for one in listed(api, list="fell")["items"]] == [
        "さくら病院",
        "大空食品",
        "東和物流",
    ]
    quiet = {one["name"] for one in listed(api, list="quiet", limit=200)["items"]}
    assert "青葉不動産" in quiet and not quiet & {"みなと商事", "大空食品", "光洋電機"}
    page = listed(api, limit=2)
    rest = listed(api, limit=2, cursor=page["next"])
    assert [one["name"] for one in rest["items"]] == ["北斗製作所"] and rest["next"] is None
    assert [one["name"] for one in listed(api, owner="suzuki")["items"]] == ["北斗製作所"]


def test_the_contacts_lean_to_two(api: Api) -> None:
    found = api.get("/portfolio/contacts").json()
    red = found["red"]
    assert (found["whole"]["contacts"], red["contacts"], sorted(found["red_accounts"])) == (
        50,
        39,
        ["A006", "A013"],
    )
    assert (red["of_contacts"], red["mrr"], f"{Decimal(red['of_mrr']):.4f}") == ("0.78", "980000", "0.0806")
    assert sum(one["contacts"] for one in found["groups"]) == 50


def test_the_rule_is_the_organisations_own(api: Api, person: Callable[[str], Member]) -> None:
    """Days for a touch model: 大空食品 is high touch, so 60 days leave it out. A band from 3.5 leaves 北斗製作所 alone in the middle."""
    change_settings(person("kanri"), {"health.follow_days_high": 60})
    assert [one["name"] for one in listed(api)["items"]] == ["東和物流", "北斗製作所"]
    change_settings(person("kanri"), {"health.follow_days_high": 0, "health.csat_mid_from": "3.5"})
    assert [one["name"] for one in listed(api)["items"]] == ["北斗製作所"]
    assert listed(api, basis="nps")["total"]["customers"] == 0
    assert listed(api, basis="nps")["unknown"]["customers"] == 42  # nobody was asked for NPS: nobody is fine


def test_hearings_are_assigned_once_and_undone(api: Api, as_key: Keys) -> None:
    assert as_key("sato").post("/portfolio/hearings", {"account_ids": ["A009"]}).status_code == 403
    assert as_key("tanaka", "read").post("/portfolio/hearings", {"account_ids": ["A009"]}).status_code == 403
    assert api.post("/portfolio/hearings", {"account_ids": ["A009", "nobody"]}).status_code == 404
    assert api.post("/portfolio/hearings", {"account_ids": ["A009"], "owner": "nobody"}).status_code == 422
    done = api.post("/portfolio/hearings", {"account_ids": ["A009", "A010"], "owner": "sato"})
    assert done.status_code == 201 and (done.json()["assigned"], done.json()["already"]) == (2, 0)
    assert listed(api)["items"][0]["hearing"] == {"owner": "佐藤", "due_on": "2026-12-01"}
    again = api.post("/portfolio/hearings", {"account_ids": ["A009"]}).json()
    assert (again["assigned"], again["already"], again["edit"]) == (0, 1, None)
    assert api.post(f"/edits/{done.json()['edit']}/undo", {}).status_code == 200
    assert listed(api)["items"][0]["hearing"] is None
    assert Task.objects.count() == 2  # what was assigned stays in the history


def test_who_sees_no_money_gets_no_list(api: Api, as_key: Keys) -> None:
    for path in ("/portfolio/following", "/portfolio/contacts"):
        assert as_key("yamamoto").get(path).status_code == 403
        assert as_key("ito").get(path).status_code == 403
