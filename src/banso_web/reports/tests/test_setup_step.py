"""Set-up stores the organisation's own targets, once, as ratios."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.test import Client

from banso_web.core import settings_store
from banso_web.core.registry import registry
from banso_web.members.models import Member, Role
from banso_web.reports.models import Target
from banso_web.reports.setup_step import current


def test_set_up_sets_targets_and_does_not_double_them(
    client: Client, person: Callable[[str], Member]
) -> None:
    first = person("kanri")
    first.roles.add(
        Role.objects.get(pk=person("tanaka").roles.get().pk)
    )  # the first user is administrator and manager
    client.force_login(first)
    page = client.get("/settings/setup/").content.decode()
    assert 'name="targets-customer_churn_monthly"' in page
    data = {
        f"{spec.group}-{spec.key}": str(settings_store.get(spec.key)) for spec in registry.settings.values()
    }
    data |= {"targets-customer_churn_monthly": "5", "targets-nrr_monthly": "100.5", "targets-grr_monthly": ""}
    assert client.post("/settings/setup/", data).status_code == 302
    assert current() == {"customer_churn_monthly": Decimal("0.05"), "nrr_monthly": Decimal("1.005")}
    assert client.post("/settings/setup/", data).status_code == 302
    assert Target.objects.count() == 2
    assert 'value="5"' in client.get("/settings/setup/").content.decode()
