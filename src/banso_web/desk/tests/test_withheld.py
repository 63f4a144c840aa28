"""Roles of the organisation's own making: what they may not see stands nowhere on home and customer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.accounts.actions.contracts import edit_contract
from banso_web.accounts.models import Account, Contract
from banso_web.members.models import Member, Role

pytestmark = pytest.mark.django_db


def test_the_home_of_somebody_who_edits_but_sees_no_money(
    company: dict[str, Account], person: Callable[[str], Member]
) -> None:
    sato = person("sato")
    role = Role.objects.create(
        key="hands", name_ja="編集", name_en="Hands", permissions=["account.view", "account.edit_own"]
    )
    client = Client()
    client.force_login(sato)
    assert "MRR" in client.get("/").content.decode()
    sato.roles.set([role])
    page = client.get("/").content.decode()
    assert "アシスト" in page and "MRR ¥" not in page and "120,000" not in page and "MRR <" not in page


def test_notes_that_name_people_are_for_those_who_may_see_people(
    company: dict[str, Account], person: Callable[[str], Member], bring: Callable[..., object]
) -> None:
    bring(
        touches="touch_id,account_id,at,kind,initiative,member,subject,note\nT9,A1,2026-11-01T10:00,call,proactive,sato,,山田 花子様と話した\n"
    )
    address = f"/customers/{company['A1'].pk}/timeline/"
    seen = {}
    for key in ("sato", "yamamoto"):
        client = Client()
        client.force_login(person(key))
        seen[key] = client.get(address).content.decode()
    assert "花子" in seen["sato"] and "花子" not in seen["yamamoto"]


def test_what_a_contract_costs_is_for_those_who_may_see_prices(
    company: dict[str, Account], person: Callable[[str], Member], bring: Callable[..., object]
) -> None:
    """山本 (プロダクト), who may read the audit log here: neither the amount of a renewal nor a contract's price."""
    bring(renewals="contract_id,amount,forecast,next_action\nK1,1234000,高い,次回の見積\n")
    contract = Contract.objects.get(code="K2")
    edit_contract(contract.pk, {"mrr": "56789", "plan": "標準"}, actor=person("tanaka"))
    yamamoto = person("yamamoto")
    reads = Role.objects.create(
        key="reads", name_ja="記録", name_en="Log", permissions=["audit.view", "account.view"]
    )
    yamamoto.roles.add(reads)
    address = f"/customers/{company['A1'].pk}/"
    pages, logs, files = {}, {}, {}
    for key in ("tanaka", "yamamoto"):
        client = Client()
        client.force_login(person(key))
        pages[key] = client.get(address).content.decode()
        logs[key] = client.get("/audit/?subject=contract").content.decode()
        files[key] = client.get("/audit/export.csv?subject=contract").content.decode()
    assert "1,234,000" in pages["tanaka"] and "1,234,000" not in pages["yamamoto"]
    assert "次回の見積" in pages["yamamoto"] and "閲覧権限なし" in pages["yamamoto"]
    for shown in (logs, files):
        assert "567890000" in shown["tanaka"].replace(",", "")
        assert "567890000" not in shown["yamamoto"].replace(",", "") and "閲覧権限なし" in shown["yamamoto"]
        assert "標準" in shown["yamamoto"]  # the rest of the row is theirs
