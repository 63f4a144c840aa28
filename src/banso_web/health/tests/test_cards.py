"""スコアカード: tried on everybody, published from a day on, taken back; every mistake told; and the change between two days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.utils.translation import override

from banso.health import Band, explain
from banso_web.accounts.models import Account
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.models import AuditRow
from banso_web.health.actions.cards import publish, retire, undo
from banso_web.health.actions.sentiment import feel
from banso_web.health.card_form import CardForm, PartRows, as_text, dump, initial_of, initial_rows
from banso_web.health.card_words import checked
from banso_web.health.models import Card
from banso_web.health.reads import reading, readings
from banso_web.health.reads.cards import cards, read_card, shipped, shipped_text
from banso_web.health.reads.change import change
from banso_web.health.reads.customer import steps_of
from banso_web.health.reads.dry_run import dry_run
from banso_web.health.reads.editor import card_lines, card_versions
from banso_web.health.reads.past_difference import past_difference
from banso_web.health.tests.conftest import DAY, Desk, now
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db
#: Aliases over aliases, of which the whole would fill memory when written out.
BOMB = (
    "a: &a0 [x]\n"
    + "".join(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    + "parts: [{signal: *a29, weight: *a29}]\n"
)
STANDARD = "/settings/scorecards/standard/"


def heavier(day: date = DAY) -> str:
    """契約/支払 weighs 60 instead of 10, from a day on."""
    text = shipped_text().replace("effective_on: 2000-01-01", f"effective_on: {day}")
    return text.replace("    weight: 10\n", "    weight: 60\n")


def weights(day: date) -> list[int]:
    return [int(part.weight) for card in cards(now(day)) for part in card.parts]


def test_what_was_tried_is_what_publishing_does(
    company: dict[str, Account], desk: Callable[[str], Desk], person: Callable[[str], Member]
) -> None:
    """H3 alone is known by more than half with the heavier contract: (0 × 15 + 60 × 60) ÷ 75 = 48, 注意 instead of 不明."""
    kanri, tanaka = person("kanri"), person("tanaka")
    tried = dry_run(tanaka, now(), read_card(heavier()))
    assert [
        (one.code, one.band, one.band_after, one.low_after) for one in tried.shifts if one.code == "H3"
    ] == [("H3", "unknown", "watch", Fraction(48))]
    assert sum(total for _mark, _counts, total in tried.table) == sum(tried.after) == tried.judged
    hidden = dry_run(kanri, now(), read_card(heavier()))
    assert (hidden.shifts, hidden.hidden) == ((), tried.changed) and not Card.objects.exists()

    page = desk("kanri").post(STANDARD, **{"as": "text", "text": heavier(), "deed": "try"})
    assert page.status_code == 200 and "まだ公開していません" in page.content.decode()
    assert not Card.objects.exists()
    done = desk("kanri").post(
        STANDARD, **{"as": "text", "text": heavier(), "deed": "publish", "seen": "0", "reason": "契約を重く"}
    )
    assert done.status_code == 302
    assert (weights(DAY), weights(DAY - timedelta(1))) == ([40, 20, 15, 15, 60], [40, 20, 15, 15, 10])
    counted = readings(now()).band.tolist()
    order = (Band.GOOD, Band.WATCH, Band.BAD, Band.UNKNOWN)
    assert tried.after == tuple(counted.count(tuple(Band).index(band)) for band in order)
    row = AuditRow.objects.get(action="scorecard.publish")
    assert (row.subject, row.reason, row.actor) == ("scorecard", "契約を重く", kanri)

    (version,) = card_versions("standard", now().watermark)
    with pytest.raises(Conflict):
        publish(heavier().replace("weight: 40", "weight: 41"), actor=kanri, key="standard", seen=0)
    undo("standard", version.entry_id, actor=kanri)
    assert weights(DAY) == [40, 20, 15, 15, 10]
    with pytest.raises(Refused):
        undo("standard", version.entry_id, actor=kanri)


def test_the_past_says_nothing_where_too_few_left(company: dict[str, Account]) -> None:
    """H1 to H3 at the nine of twelve month ends whose 90 days are over; nobody left."""
    found = past_difference(now(), read_card(heavier()))
    assert (found.ahead.value, found.ahead.reason, found.ahead.n) == (None, "few_events", 27)


def test_the_form_says_what_the_text_says(db: None) -> None:
    card = shipped()
    data = {name: str(value) for name, value in initial_of(card).items()}
    rows = initial_rows(card)
    data |= {"parts-TOTAL_FORMS": str(len(rows)), "parts-INITIAL_FORMS": str(len(rows))}
    data |= {f"parts-{at}-{name}": str(value) for at, row in enumerate(rows) for name, value in row.items()}
    form, parts = CardForm(data, new=False), PartRows(data, prefix="parts")
    assert form.is_valid() and parts.is_valid(), (form.errors, parts.errors)
    assert read_card(as_text(form, parts, card)).digest == card.digest


def test_every_mistake_is_told_in_the_readers_language(
    company: dict[str, Account], desk: Callable[[str], Desk]
) -> None:
    text = heavier().replace("weight: 60", "weight: x").replace("signal: support", "signal: weather")
    text = text.replace("good: 70", "good: 30").replace("key: standard", "key: other")
    page = desk("kanri").post(STANDARD, **{"as": "text", "text": text, "deed": "try"})
    told = page.content.decode()
    assert page.status_code == 422
    for wanted in (
        "契約/支払 › 重み: 「x」は数として",
        "「weather」というシグナルはありません",
        "良好の下限(30)を",
    ):
        assert wanted in told
    with override("en"):
        card, wrong = checked(text, "standard")
        assert card is None and any("Weight: “x” is not a number" in one for one in wrong), wrong
        assert checked("a: [", "")[1][0].startswith("Line 1")
        assert (
            "2026-02-30" in text.replace(f"{DAY}", "2026-02-30")
            and checked(text.replace(f"{DAY}", "2026-02-30"), "standard")[1]
        )
    assert checked(heavier(), "")[0] is None  # the key is taken
    for refused in ("", "- 1", "x" * 60_000, "a: " + "[" * 20_000, BOMB):
        assert checked(refused, "standard")[1]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "a: &a [x]\nkey: *a",
        'effective_on: !!timestamp "x"',
        "key: 0x" + "f" * 20_000,
        "precedence: 0x" + "f" * 20_000,
        "parts:\n- signal: 0x" + "f" * 20_000,
        "'[0]': 1",
        shipped_text().replace("標準", r'"a\ud800"'),
        shipped_text().replace("標準", r'"a\0"'),
        shipped_text().replace('"×": 0', r'"×": 0, "\ud800": 1'),
    ],
)
def test_a_text_that_means_harm_is_refused_with_a_word(db: None, text: str) -> None:
    card, wrong = checked(text, "standard")
    assert card is None and wrong and "\n".join(wrong).encode()


def test_no_value_to_come_is_without_points(db: None) -> None:
    """A table with a mark left out, or one kind of curve for the other, would fail for everybody on the day somebody gives that mark."""
    marks = 'table: {"◎": 100, "○": 75, "△": 40, "×": 0}'
    for wrong in ('table: {"◎": 100, "○": 75, "△": 40}', "curve: [[0, 0], [1, 100]]"):
        (told,) = checked(heavier().replace(marks, wrong), "standard")[1]
        assert told.startswith("満足 › 代わりのシグナル: ") and "◎, ○, △, ×" in told
    number = "curve: [[0, 100], [1, 60], [2, 30], [3, 0]]"
    (told,) = checked(heavier().replace(number, "table: {a: 1}"), "standard")[1]
    assert told.startswith("契約/支払: ")


def test_a_scorecard_for_some_and_its_end(
    company: dict[str, Account], person: Callable[[str], Member]
) -> None:
    kanri = person("kanri")
    own = {
        "key": "big",
        "names": {"ja": "大手"},
        "effective_on": DAY,
        "precedence": 10,
        "for": {"segment": ["大手"]},
    }
    text = dump({**own, "parts": [{"signal": "contract", "weight": 1, "curve": [[0, 55], [3, 0]]}]})
    publish(text, actor=kanri)
    found = reading(now(), company["H1"].pk)
    assert found is not None and found.reading is not None and found.reading.value == 55
    assert [line.key for line in card_lines(now())] == ["big", "standard"]
    with pytest.raises(Refused, match="全顧客"):
        retire("standard", actor=kanri)
    with pytest.raises(Forbidden):
        retire("big", actor=person("tanaka"))
    retire("big", actor=kanri)
    found = reading(now(), company["H1"].pk)
    assert found is not None and found.reading is not None and found.reading.value == 87
    assert publish(text, actor=kanri, key="big").entry_id is not None
    assert publish(text, actor=kanri, key="big").entry_id is None


def test_the_change_between_two_days_adds_up(
    company: dict[str, Account], desk: Callable[[str], Desk], person: Callable[[str], Member]
) -> None:
    account = company["H1"].pk
    publish(heavier(), actor=person("kanri"), key="standard")
    told = change(person("tanaka"), account, now(), date(2026, 10, 20), DAY, "value")
    assert told.before is not None and told.after is not None and told.change is not None
    assert sum(line.amount for line in told.lines) == told.change
    value = [round(100 * float(side.value or 0)) for side in (told.before, told.after)]
    assert told.change == Fraction(value[1] - value[0], 100)
    assert {str(line.kind) for line in told.lines} >= {"重みの変更"}
    page = desk("sato").text(f"/health/{account}/change/", first="2026-10-20", last="2026-11-24", end="low")
    assert told.total in desk("sato").text(
        f"/health/{account}/change/", first="2026-10-20", last="2026-11-24"
    )
    assert f"/health/{account}/signals/usage/?as_of=2026-10-20" in page
    assert desk("sato").get(f"/health/{account}/change/", last="2026-12-24").status_code == 422


def test_the_text_is_kept_as_it_was_written(company: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    page = desk("kanri")
    assert page.text(f"{STANDARD}text/") == shipped_text()
    for address in ("/settings/scorecards/", "/settings/scorecards/new/", STANDARD, f"{STANDARD}?as=text"):
        assert "スコアカード" in page.text(address)
    assert page.get("/settings/scorecards/nothing/").status_code == 404


def test_what_a_part_did_is_withheld_from_who_may_not_see_it(
    company: dict[str, Account], desk: Callable[[str], Desk], person: Callable[[str], Member]
) -> None:
    """契約/支払 stands on prices and notices: watanabe may see neither, in 動いた理由 no more than in the table of parts."""
    publish(heavier(), actor=person("kanri"), key="standard")
    before, after = (reading(now(day), company["H1"].pk) for day in (DAY - timedelta(days=1), DAY))
    assert (
        before is not None and after is not None and before.reading is not None and after.reading is not None
    )
    told = explain(before.reading, after.reading)
    amounts = [
        {str(name): amount for name, _kind, amount in steps_of(told, member)}["契約/支払"]
        for member in (person("sato"), person("watanabe"))
    ]
    assert amounts[0].startswith("+")
    assert amounts[1] == "閲覧権限なし"


def test_a_sentiment_is_taken_back_on_its_own_customer_alone(
    company: dict[str, Account], desk: Callable[[str], Desk], person: Callable[[str], Member]
) -> None:
    given = feel(company["H1"].pk, "good", actor=person("tanaka"))
    tanaka = desk("tanaka")
    assert tanaka.post(f"/health/{company['H2'].pk}/sentiment/{given.id}/void/").status_code == 404
    assert tanaka.post(f"/health/{company['H1'].pk}/sentiment/{given.id}/void/").status_code == 302
