"""Readings by hand, kept day by day: killed anywhere and run again, recomputed where late facts touch a day, one account alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from banso.health import Band
from banso_web.accounts.models import Account
from banso_web.health.actions import keeping
from banso_web.health.actions.keeping import fill, keep, progress
from banso_web.health.actions.sentiment import feel
from banso_web.health.columns import pack, unpack
from banso_web.health.models import AccountReading, HealthBlock, HealthDay
from banso_web.health.reads import history, reading, readings
from banso_web.health.reads.kept import READINGS, everybody_on
from banso_web.health.tests.conftest import DAY, Desk, now
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db


def everything(day: date) -> dict[str, dict[str, list[Any]]]:
    """What is kept of a day, readable."""
    return {
        key: {name: column.tolist() for name, column in table.items()}
        for key, table in everybody_on(day).items()
    }


def test_by_hand(company: dict[str, Account]) -> None:
    """H1: 95 × 40 + 60 × 20 + 80 × 15 + 100 × 15 + 100 × 10 = 8,700 of 100. H2 knows support (6) and contract (0) alone, its use and
    relationship stopped: 90 ÷ 25, at least 90 ÷ 80; it is 危険 though little is known. H3 has relationship (0) and contract (60): 不明."""
    by_hand = {
        "H1": (Fraction(87), Fraction(87), Fraction(1), Band.GOOD),
        "H2": (Fraction(90, 25), Fraction(90, 80), Fraction(25, 100), Band.BAD),
        "H3": (Fraction(600, 25), Fraction(600, 25), Fraction(25, 100), Band.UNKNOWN),
    }
    arrays = readings(now())
    for code, (value, low, known, band) in by_hand.items():
        found = reading(now(), company[code].pk)
        assert found is not None
        assert found.reading is not None
        told = found.reading
        assert (told.value, told.low, told.completeness, told.band) == (value, low, known, band), code
        at = arrays.ids.tolist().index(company[code].pk)
        assert arrays.value[at] == pytest.approx(float(value), abs=1e-9)
        assert arrays.band[at] == tuple(Band).index(band)
    assert reading(now(), company["H5"].pk) is None  # 検証


def test_a_kept_day_is_what_was_computed(company: dict[str, Account]) -> None:
    """Three days, one whole block and two of changes: each reads as its own computation, and the newest stands in the rows."""
    for back in (2, 1, 0):
        keep(DAY - timedelta(days=back))
    assert sorted(HealthBlock.objects.values_list("day", "full")) == [
        (DAY - timedelta(days=2), True),
        (DAY - timedelta(days=1), False),
        (DAY, False),
    ]
    for back in (2, 1, 0):
        day = DAY - timedelta(days=back)
        kept = readings(now(day))
        computed = keeping.compute(now(day)).readings
        assert kept.ids.tolist() == computed.ids.tolist()
        assert kept.value.tolist() == pytest.approx(computed.value.tolist(), nan_ok=True)
    row = AccountReading.objects.get(account=company["H1"])
    assert (row.value, row.band, row.day, row.card) == (87.0, 3, DAY, "standard@2000-01-01")
    told = history(company["H1"].pk, DAY - timedelta(days=2), DAY)
    assert [(one.day, one.value) for one in told] == [
        (DAY - timedelta(days=back), 87.0) for back in (2, 1, 0)
    ]
    assert told[-1].signals["usage"].fresh_on == date(2026, 11, 20)


def test_killed_and_run_again(company: dict[str, Account], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies after any of its writes leaves a day that is not read; the next one gives what an undisturbed run gives."""
    keep(DAY - timedelta(days=1))
    keep(DAY)
    whole = everything(DAY)
    rows = list(AccountReading.objects.order_by("account").values())
    HealthDay.objects.filter(day=DAY).delete()
    HealthBlock.objects.filter(day=DAY).delete()
    AccountReading.objects.all().delete()

    def die(*_given: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    for place in ("_write", "write_latest"):
        with monkeypatch.context() as broken:
            broken.setattr(keeping, place, die)
            with pytest.raises(KeyboardInterrupt):
                keep(DAY)
        assert HealthDay.objects.get(day=DAY).state == HealthDay.State.STARTED
        assert not keeping.stands(DAY, {row.day: row for row in HealthDay.objects.all()})
    keep(DAY)
    assert everything(DAY) == whole
    kept = list(AccountReading.objects.order_by("account").values())
    assert [{**row, "id": 0} for row in kept] == [{**row, "id": 0} for row in rows]


def test_late_facts(
    company: dict[str, Account], person: Callable[[str], Member], bring: Callable[..., Any]
) -> None:
    """A ticket of 11/22 that comes on 11/24 makes that day and those after it stale; today follows at once, the past by the next run."""
    for back in (3, 2, 1, 0):
        keep(DAY - timedelta(days=back))
    bring(tickets="ticket_id,account_id,opened_at,priority,severity\nQ9,H1,2026-11-22T10:00,urgent,normal\n")
    states = dict(HealthDay.objects.values_list("day", "state"))
    assert [states[DAY - timedelta(days=back)] for back in (3, 2, 1, 0)] == ["done", "stale", "stale", "done"]
    # An urgent ticket: 60 points instead of 100, 15 of 100: 87 − 6.
    assert AccountReading.objects.get(account=company["H1"]).value == 81.0
    told = readings(now())
    assert told.value[told.ids.tolist().index(company["H1"].pk)] == 81.0
    assert fill(most=2) > 0
    assert [one.value for one in history(company["H1"].pk, DAY - timedelta(days=3), DAY)][-1] == 81.0
    feel(company["H3"].pk, "excellent", actor=person("suzuki"))
    # ◎ stands in for the satisfaction that nobody answered: (0 × 15 + 60 × 10 + 100 × 20) ÷ 45.
    assert AccountReading.objects.get(account=company["H3"]).value == pytest.approx(2600 / 45)


def test_all_of_history(company: dict[str, Account], monkeypatch: pytest.MonkeyPatch) -> None:
    """Today first, then the ends of months from the newest, then the days; another run finds nothing to do."""
    monkeypatch.setattr(keeping, "DAYS_KEPT", 30)
    order: list[date] = []
    real = keeping.keep
    monkeypatch.setattr(keeping, "keep", lambda day: order.append(day) or real(day))
    monkeypatch.setattr(keeping, "first_fact", lambda: date(2026, 8, 15))
    fill()
    assert order[:4] == [DAY, date(2026, 10, 31), date(2026, 9, 30), date(2026, 8, 31)]
    assert order[4] == date(2026, 11, 1)
    assert progress().kept == progress().wanted
    assert fill() == 0
    assert {row.state for row in HealthDay.objects.all()} == {"done"}


def test_columns_come_back(company: dict[str, Account]) -> None:
    keep(DAY)
    block = HealthBlock.objects.get()
    sheet = unpack(bytes(block.columns))
    assert pack(sheet) == bytes(block.columns)
    assert READINGS in sheet


def test_the_page(company: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    """Band, value, parts, and the tap; who may not see money sees no bill; who may not edit gets no buttons."""
    for back in (1, 0):
        keep(DAY - timedelta(days=back))
    page = f"/customers/{company['H1'].pk}/"
    sato = desk("sato")
    text = sato.text(page)
    for word in ("良好", "87.0", "95.0", "38.0", "信頼度"):
        assert word in text, word
    sato.post(f"/health/{company['H1'].pk}/sentiment/", mark="poor")
    assert "担当所感を付けました" in sato.text(page)
    rows = sato.text(f"/health/{company['H3'].pk}/signals/contract/")
    assert "¥1,000" in rows
    watanabe = desk("watanabe")  # 営業 sees no money
    assert "¥1,000" not in watanabe.text(f"/health/{company['H3'].pk}/signals/contract/")
    assert "理由と期限を付ける" not in watanabe.text(page)
    assert watanabe.post(f"/health/{company['H1'].pk}/sentiment/", mark="good").status_code == 403
