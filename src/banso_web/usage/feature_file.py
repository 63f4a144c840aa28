"""機能の定義 as a YAML file: a list of features, so that an organisation can keep them beside its tracking plan.

- key: bulk
  name: 一括取込
  core: true
  plans: [勤怠, 経費/S]            # products, or product/plan; left out: every plan holds it
  events:
    - 一括取込                     # an event name, or a feature of usage_daily
    - starts: 取込_                # every event whose name begins so
    - {name: 登録, property: via, values: [csv, api]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _

from banso_web.core import plain_yaml
from banso_web.core.errors import Refused

KEYS = {"key", "name", "core", "plans", "events", "instead", "at_least", "link", "advice"}


def read(text: str) -> list[tuple[str, dict[str, Any]]]:
    """[(code, values for `save_feature`)]; Refused where it is no such list."""
    try:
        loaded = plain_yaml.load(text)
        if not isinstance(loaded, list):
            raise TypeError
        return [_one(item) for item in loaded]
    except (yaml.YAMLError, TypeError, AttributeError, KeyError, ValueError, RecursionError) as problem:
        raise Refused(
            _(
                "機能の定義のファイルを読み取れません。何も変えていません。key, name, core, plans, events の一覧にしてください。"
            ),
            code="bad_file",
        ) from problem


def _one(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if set(item) - KEYS:
        raise KeyError(sorted(set(item) - KEYS))
    values = {
        key: item[key] for key in ("name", "core", "instead", "at_least", "link", "advice") if key in item
    }
    values["plans"] = [
        (product, plan)
        for product, _slash, plan in (str(one).partition("/") for one in item.get("plans", ()))
    ]
    values["rules"] = [_rule(one) for one in item["events"]]
    return str(item["key"])[:200], values


def _rule(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        return {"name": str(given)}
    found = {"name": given.get("starts") or given.get("name"), "starts": "starts" in given}
    return found | {key: given[key] for key in ("property", "values") if key in given}
