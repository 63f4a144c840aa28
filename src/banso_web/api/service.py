"""The API object: where it lives, how it authenticates, how its description is finished."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http.response import HttpResponseBase
from ninja import NinjaAPI, Swagger
from ninja.openapi.schema import OpenAPISchema

from banso_web.api import problems
from banso_web.api.guard import SCOPE, around, guard
from banso_web.api.idempotency import HEADER
from banso_web.api.identity import KeyAuth, SessionAuth
from banso_web.api.problems import PROBLEM

PREFIX = "/api/v1/"
View = Callable[..., HttpResponseBase]
VERSION = "1.0"

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details, in the caller's language (Accept-Language: ja or en).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:banso:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what became of the data, what to do."},
        "code": {"type": "string", "description": "The machine's word for it."},
        "instance": {"type": "string"},
        "data": {
            "type": "string",
            "enum": ["unchanged", "unknown"],
            "description": "After a write: what became of the data.",
        },
        "errors": {
            "type": "object",
            "description": "What is wrong, by field or parameter.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "reasons": {"type": "array", "items": {"type": "string"}},
        "watermark": {"type": "integer"},
    },
}
READ_PROBLEMS = (401, 403, 404, 422, 429)
WRITE_PROBLEMS = (400, 401, 403, 404, 409, 413, 422, 429)
WATERMARK = {"schema": {"type": "integer"}, "description": "The watermark the answer stands on."}
RATE = {
    f"RateLimit-{name}": {"schema": {"type": "integer"}, "description": words}
    for name, words in (
        ("Limit", "Requests a minute."),
        ("Remaining", "How many of them are left."),
        ("Reset", "Seconds until the next minute begins."),
    )
}
DESCRIPTION = """
Everything the pages show that a program could want, with the same rights as the member the key belongs to,
cut down to the key's scopes (`read`, `write`, `import`, `metrics`, `admin`).

**Time.** Every read takes `as_of`, `known_at` and `watermark`; every answer says the watermark it stands on (body and
`Banso-Watermark`). The same question at the same watermark has the same answer for ever.

**Lists** answer `{items, next}`: send `next` back as `cursor` with the same parameters. `limit` is at most 200. The
cursor of a list of facts keeps the first page's watermark: what is entered meanwhile disturbs no page.

**Numbers.** Money and ratios are decimal strings; ratios are fractions (`"0.9675"`). What is not known is `null` with a
reason, never 0. `hidden` names the fields that the caller may not see.

**Errors** are `application/problem+json` in the language of `Accept-Language` (ja, en). Unknown query parameters and
unknown fields are refused (422). A thing the caller may not see is 404, a deed that is not theirs is 403.

**Writing.** `Idempotency-Key` makes a POST or PATCH safe to repeat for 24 hours: the stored answer comes back with
`Idempotent-Replayed: true`; the key with another body is 409. `If-Match` with an account's `ETag` refuses (412) what
somebody else changed in between; facts, contacts and contracts have theirs. `POST /facts/{kind}` takes rows of any kind
as one import. 600 reads and 120 writes a minute, over all web processes; beyond: 429 with `Retry-After`; every answer says
what is left (`RateLimit-Remaining`). Answers from 2 kB are compressed for callers that accept gzip.

The API changes only by addition; what is to go answers with `Deprecation`, `Sunset` and the successor's `Link` for one
release first.
""".strip()


class BansoAPI(NinjaAPI):
    """Ninja with Banso's guard before every operation and problems instead of its own errors."""

    _guarded = False

    def _get_urls(self) -> list[Any]:
        if not self._guarded:
            for router in self._get_bound_routers():
                for view in router.path_operations.values():
                    for operation in view.operations:
                        guard(operation)
            self._guarded = True
        patterns = super()._get_urls()
        for pattern in patterns:
            pattern.callback = around(cast("View", pattern.callback))
        return patterns

    def set_default_exception_handlers(self) -> None:
        self.add_exception_handler(Exception, problems.answer)

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """OpenAPI 3.1, finished with what holds for every operation: problems, headers, scopes."""
        made = super().get_openapi_schema(path_prefix=path_prefix or PREFIX, path_params=path_params)
        made["components"].setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
        made["components"]["responses"] = {
            f"Problem{status}": _problem_response(status) for status in problems.TITLES
        }
        for methods in made["paths"].values():
            for method, operation in methods.items():
                _finish(method, operation)
        made["jsonSchemaDialect"] = "https://json-schema.org/draft/2020-12/schema"
        return made


def _problem_response(status: int) -> dict[str, Any]:
    headers = {"Banso-Watermark": WATERMARK}
    if status == 429:
        headers["Retry-After"] = {"schema": {"type": "integer"}}
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": str(problems.TITLES[status]), "content": content, "headers": headers}


def _finish(method: str, operation: dict[str, Any]) -> None:
    operation["summary"] = str(operation["summary"])
    operation["tags"] = [str(tag) for tag in operation.get("tags", [])]
    public = not operation.get("security")
    statuses: tuple[int, ...] = () if public else READ_PROBLEMS if method == "get" else WRITE_PROBLEMS
    if operation.get("x-banso-etag"):
        statuses = (*statuses, 412)
    for status in statuses:
        operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    for response in operation["responses"].values():
        if "$ref" not in response:
            response.setdefault("headers", {})["Banso-Watermark"] = WATERMARK
            if not public:
                response["headers"] |= RATE
    if operation.get("x-banso-etag"):
        operation.setdefault("parameters", []).append(
            {
                "in": "header",
                "name": "If-Match",
                "required": False,
                "schema": {"type": "string", "pattern": r'^(\*|(W/)?"\d{1,18}")$'},
                "description": "The `ETag` that was read; 412 where somebody else was faster.",
            }
        )
    if method in ("post", "patch", "delete"):
        operation.setdefault("parameters", []).append(
            {
                "in": "header",
                "name": HEADER,
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
                "description": "The same key with the same request is carried out once and answered the same for 24 hours.",
            }
        )
    if not public and SCOPE not in operation:
        operation[SCOPE] = "read"


api = BansoAPI(
    title="Banso API",
    version=VERSION,
    description=DESCRIPTION,
    auth=[KeyAuth(), SessionAuth()],
    openapi_url="openapi.json",
    docs_url=None,
    docs=Swagger(),
    urls_namespace="api",
)
__all__ = ["PREFIX", "BansoAPI", "api"]
