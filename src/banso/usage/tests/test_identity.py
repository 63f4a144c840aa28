"""Ids that are one person: against a walk through the same ties, one event at a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from banso.usage import (
    FIRST_DAY,
    FUTURE,
    LAST_DAY,
    PAST,
    Basis,
    Belongs,
    Span,
    Tie,
    belongs,
    layers,
    mail_domain,
    parents,
    spans,
)

DAY = timedelta(days=1)
NOON = datetime.fromisoformat("2026-11-01T12:00+00:00")


def person(found: list[Span], key: str, moment: datetime) -> str:
    """As the store joins them: at most one span covers a moment."""
    covering = [span for span in found if span.earlier == key and span.since < moment <= span.until]
    assert len(covering) <= 1
    return covering[0].person if covering else key


def walked(ties: list[Tie], key: str, moment: datetime) -> str:
    """The oracle: what the rule says, by looking through all ties at every step."""
    been = [key]
    while True:
        mine = sorted((tie.at, tie.later) for tie in ties if tie.earlier == been[-1] != tie.later)
        if len({later for _at, later in mine}) > 1:
            mine = [one for one in mine if one[0] >= moment]
        if not mine:
            return been[-1]
        moment = max(moment, mine[0][0])
        if mine[0][1] in been:
            return min(been[been.index(mine[0][1]) :])
        been.append(mine[0][1])


ids = st.sampled_from(["a", "b", "c", "d", "e"])
ties = st.builds(Tie, ids, ids, st.integers(0, 6).map(lambda number: NOON + number * DAY))


@given(st.lists(ties, max_size=9), ids, st.integers(-2, 16))
def test_spans_say_what_a_walk_says(found: list[Tie], key: str, half_days: int) -> None:
    moment = NOON + half_days * DAY / 2
    assert person(spans(found), key, moment) == walked(found, key, moment)


def test_what_came_before_the_login_and_after_the_logout_is_the_same_person() -> None:
    assert spans([Tie("browser", "u1", NOON), Tie("browser", "u1", NOON + DAY)]) == [
        Span("browser", PAST, FUTURE, "u1")
    ]


def test_a_shared_device_is_whoever_logs_in_next() -> None:
    found = spans(
        [Tie("kiosk", "u1", NOON), Tie("kiosk", "u2", NOON + DAY), Tie("kiosk", "u1", NOON + 2 * DAY)]
    )
    assert [person(found, "kiosk", NOON + hours * timedelta(hours=1)) for hours in (-9, 0, 1, 24, 25, 48, 49)] == [
        "u1", "u1", "u2", "u2", "u1", "u1", "kiosk",
    ]  # fmt: skip


def test_chains_and_circles_end() -> None:
    chain = [Tie("browser", "old", NOON), Tie("old", "new", NOON + DAY), Tie("me", "me", NOON)]
    assert {span.earlier: span.person for span in spans(chain)} == {"browser": "new", "old": "new"}
    circle = [Tie("b", "c", NOON), Tie("c", "d", NOON), Tie("d", "b", NOON), Tie("a", "c", NOON)]
    assert {span.earlier: span.person for span in spans(circle)} == {"a": "b", "c": "b", "d": "b"}


def test_the_first_basis_that_names_anybody_decides() -> None:
    assert belongs([]) == Belongs()
    assert belongs([(Basis.LINK, ()), (Basis.GROUP, ["A", "A"]), (Basis.DOMAIN, ["B"])]) == Belongs(
        Basis.GROUP, "A", ("A",)
    )
    assert belongs([(Basis.DOMAIN, ["B", "A"])]) == Belongs(Basis.DOMAIN, None, ("A", "B"))
    assert belongs([(Basis.LINK, [""]), (Basis.GROUP, ["A"])]).account == ""


def test_later_decisions_lie_over_earlier_ones() -> None:
    moved = date(2026, 10, 1)
    assert layers([], "x") == [(FIRST_DAY, LAST_DAY, "x")]
    assert layers([(None, None, "A"), (moved, None, "B")], "") == [
        (FIRST_DAY, moved, "A"),
        (moved, LAST_DAY, "B"),
    ]
    assert layers([(date(2026, 9, 1), moved, "A")], "") == [
        (FIRST_DAY, date(2026, 9, 1), ""), (date(2026, 9, 1), moved, "A"), (moved, LAST_DAY, ""),
    ]  # fmt: skip


def test_domains_of_companies() -> None:
    assert mail_domain("Taro.Yamada@Mail.Example.CO.JP") == "mail.example.co.jp"
    assert parents("mail.example.co.jp") == ["mail.example.co.jp", "example.co.jp", "co.jp"]
    for address in ("taro@gmail.com", "taro@Yahoo.co.jp", "x@mail.yahoo.co.jp", "u-1", "@", "a@b", ""):
        assert mail_domain(address) == "", address
