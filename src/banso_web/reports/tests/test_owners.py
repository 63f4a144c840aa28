"""Owners of targets are called by name, on the page and in its file; who is no member is marked 未登録."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.members.models import Member
from banso_web.members.reads import people_called
from banso_web.reports.actions.targets import set_target

pytestmark = pytest.mark.django_db


def test_owners_are_called_by_name_or_marked(
    reader: Callable[[str], Client], person: Callable[[str], Member], october: dict[str, Account]
) -> None:
    sato = person("sato")
    Member.objects.filter(pk=sato.pk).update(code="M02")
    assert people_called(["M02", "佐藤", "M99", ""]) == {"M02": "佐藤", "佐藤": "佐藤", "M99": "M99(未登録)"}
    for metric, owner in (("customer_churn_monthly", "M02"), ("nrr_monthly", "M99"), ("grr_monthly", "佐藤")):
        set_target(person("tanaka"), metric, op=">=", value=Decimal("0.01"), owner=owner)
    board = reader("tanaka").get("/numbers/?month=2026-10").content.decode()
    assert "M99(未登録)" in board and "M02" not in board and "佐藤(未登録)" not in board
    file = reader("tanaka").get("/numbers/?month=2026-10&export=csv").content.decode("utf-8-sig")
    assert "M99(未登録)" in file and "M02" not in file
