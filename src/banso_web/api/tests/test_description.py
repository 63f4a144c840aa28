"""The OpenAPI description: its snapshot, and a machine that tries everything it promises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.utils.translation import override
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from banso_web.api import limits
from banso_web.api.commands import description
from banso_web.config.wsgi import application
from banso_web.members.actions import create_key
from banso_web.members.models import Member
from banso_web.revenue.tests import factories as make
from tests.environment import SOAK

SNAPSHOT = Path(__file__).parent / "openapi.json"


def test_the_description_is_the_one_in_the_repository() -> None:
    """After a change: `python -m banso_web.cli openapi src/banso_web/api/tests/openapi.json`, and only additions."""
    with override("ja"):
        assert json.loads(description()) == json.loads(SNAPSHOT.read_text("utf-8"))


def test_every_operation_says_its_scope_and_its_problems() -> None:
    with override("en"):
        made: dict[str, Any] = json.loads(description())
    assert made["openapi"].startswith("3.1")
    names = []
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            names.append(operation["operationId"])
            if path == "/api/v1/health":
                continue
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"]), (path, method)
            assert operation["x-banso-scope"]
            assert operation["summary"].isascii(), operation["summary"]
            headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            assert ("Idempotency-Key" in headers) == (method != "get")
            if method == "get" and "Listed" in json.dumps(operation["responses"]["200"]):
                asked = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
                assert {"as_of", "known_at", "watermark"} <= asked, path
    assert len(names) == len(set(names))


EACH = 150 if SOAK else 3


@pytest.fixture
def key(transactional_db: None, person: Callable[[str], Member], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(limits.PER_WINDOW, "read", 10**9)
    monkeypatch.setitem(limits.PER_WINDOW, "write", 10**9)
    row = make.account("A1", "丸一運輸")
    contract = make.contract("C1", row, ends_on="2026-12-31")
    make.movement("M1", row, "2026-04-01", 700_000, contract=contract)
    return create_key("machine", ["read", "write", "import", "metrics", "admin"], actor=person("tanaka"))[1]


def tried(operation: Any, key: str, each: int) -> None:
    """Send what the description allows, and what it does not; check every answer against it."""
    checks = schemathesis.checks
    kept = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]

    @settings(
        max_examples=each,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def send(case: Any) -> None:
        case.validate_response(
            case.call(headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"}), checks=kept
        )

    send()


@pytest.mark.property
def test_the_service_keeps_its_promises(key: str) -> None:
    """No 5xx, only declared statuses, types and shapes, whatever is sent to whichever operation."""
    schema = schemathesis.openapi.from_dict(json.loads(SNAPSHOT.read_text("utf-8")))
    schema.app = application
    broken, count = {}, 0
    for found in schema.get_all_operations():
        operation = found.ok()
        count += 1
        try:
            tried(operation, key, EACH)
        except (Exception, BaseExceptionGroup) as problem:
            broken[operation.label] = "\n".join(
                str(one) for one in getattr(problem, "exceptions", [problem])
            )[:1500]
    assert count > 50
    assert not broken, "\n\n".join(f"{name}: {text}" for name, text in broken.items())


def test_no_two_shapes_share_a_name() -> None:
    """One of the two would be described as the other."""
    found: dict[str, set[str]] = {}
    pattern = re.compile(
        r"^class (\w+)\((?:schemas\.Stamp|Schema|Given|Stated|\w+Out|\w+Answer)", re.MULTILINE
    )
    for path in Path(limits.__file__).parent.rglob("*.py"):
        for name in pattern.findall(path.read_text("utf-8")):
            found.setdefault(name, set()).add(path.name)
    assert len(found) > 50
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
