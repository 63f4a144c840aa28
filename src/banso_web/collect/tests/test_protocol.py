"""The tracking protocol: what its page says, by hand."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso_web.collect import protocol
from banso_web.collect.protocol import (
    DEEPEST,
    LONGEST_BATCH,
    Event,
    Reason,
    Rejected,
    Unreadable,
    events_of,
    parse_time,
    unpacked,
    write_key,
)

NOW = datetime(2026, 11, 24, 4, 8, 31, 909000, UTC)


def read(path: str, body: Any) -> list[Event | Rejected]:
    return list(events_of(path, json.dumps(body).encode(), NOW, "r1"))


def one(path: str, body: Any) -> Event:
    (found,) = read(path, body)
    assert isinstance(found, Event), found
    return found


def reason(path: str, body: Any) -> Reason:
    (found,) = read(path, body)
    assert isinstance(found, Rejected), found
    return found.reason


def test_the_clock_of_the_sender_is_corrected() -> None:
    """receivedAt 04:08:31.909, sentAt 04:08:31.581, originalTimestamp 04:08:31.577 gives 04:08:31.905."""
    found = one(
        "track",
        {
            "event": "申請",
            "userId": "u1",
            "sentAt": "2026-11-24T04:08:31.581Z",
            "originalTimestamp": "2026-11-24T04:08:31.577Z",
        },
    )
    assert found.at == datetime(2026, 11, 24, 4, 8, 31, 905000, UTC)
    assert found.client_day == date(2026, 11, 24)


def test_the_day_of_the_key_is_the_clients_own_whatever_its_clock() -> None:
    found = one(
        "track",
        {"event": "x", "userId": "u", "timestamp": "2031-01-02T00:00:00Z", "sentAt": "2031-01-02T00:00:05Z"},
    )
    assert found.at == datetime(2026, 11, 24, 4, 8, 26, 909000, UTC)
    assert found.client_day == date(2031, 1, 2)


def test_a_stated_time_stands_beside_the_clients_own_note() -> None:
    """rudder-sdk-node sends what the product stated as timestamp, and the moment of the call as originalTimestamp."""
    found = one(
        "track",
        {
            "event": "x",
            "userId": "u",
            "timestamp": "2026-11-20T01:00:00Z",
            "originalTimestamp": "2026-11-24T04:00:00Z",
            "sentAt": "2026-11-24T04:00:01Z",
        },
    )
    assert found.at == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert found.client_day == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-2-02T00:30:08.276Z", datetime(2015, 2, 2, 0, 30, 8, 276000, UTC)),
        ("2026-11-24T09:00:05.678000+09:00", datetime(2026, 11, 24, 0, 0, 5, 678000, UTC)),
        ("2026-11-24T09:00:05.678+00:00", datetime(2026, 11, 24, 9, 0, 5, 678000, UTC)),
        ("2026-11-24 09:00:05", datetime(2026, 11, 24, 9, 0, 5, 0, UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T09:00:05.123456789-0330", datetime(2026, 11, 24, 12, 30, 5, 123456, UTC)),
    ],
)
def test_moments_as_clients_send_them(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text", ["2026-02-30T00:00:00Z", "yesterday", "", 5, None, "2026-11-24T25:00:00Z", "２０２６年"]
)
def test_moments_that_are_none(text: Any) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


def test_an_event_without_a_time_is_of_its_receipt() -> None:
    found = one("track", {"event": "x", "userId": "u"})
    assert (found.at, found.client_day) == (NOW, None)
    assert found.message_id == "banso-r1-0"


def test_the_batch_gives_its_context_and_its_sent_at_to_every_item() -> None:
    body = {
        "batch": [
            {"type": "track", "event": "a", "userId": "u", "context": {"ip": "1"}},
            {"type": "identify", "userId": 12, "traits": {"email": "a@example.jp"}},
        ],
        "context": {"groupId": "A010", "ip": "0"},
    }
    first, second = read("batch", body)
    assert isinstance(first, Event) and isinstance(second, Event)
    assert (first.group_id, first.context["ip"]) == ("A010", "1")
    assert (second.user_id, second.properties) == ("12", {"email": "a@example.jp"})


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("track", {"userId": "u"}, Reason.NO_EVENT_NAME),
        ("track", {"event": "x"}, Reason.NO_IDENTITY),
        ("track", {"event": "x", "userId": "", "anonymousId": None}, Reason.NO_IDENTITY),
        ("group", {"userId": "u"}, Reason.NO_GROUP),
        ("alias", {"userId": "u"}, Reason.NO_PREVIOUS),
        ("track", {"event": "x", "userId": "u", "timestamp": "soon"}, Reason.BAD_TIME),
        ("track", {"event": "x", "userId": "u", "timestamp": "1824-01-01T00:00:00Z"}, Reason.BAD_TIME),
        ("track", {"event": "x", "userId": "u", "properties": [1]}, Reason.BAD_VALUE),
        ("track", {"event": "x", "userId": {"id": 1}}, Reason.BAD_VALUE),
        ("batch", {"batch": [{"type": "delete", "userId": "u"}]}, Reason.UNKNOWN_TYPE),
        ("batch", {"batch": [5]}, Reason.NOT_AN_OBJECT),
        ("track", {"event": "x", "userId": "u", "messageId": "m" * 101}, Reason.LONG_ID),
        ("track", {"event": "x" * 33_000, "userId": "u"}, Reason.TOO_LARGE),
    ],
)
def test_each_rejected_event_says_why(path: str, body: Any, expected: Reason) -> None:
    assert reason(path, body) is expected


def test_a_bad_event_does_not_take_the_others_with_it() -> None:
    good = {"type": "track", "event": "ok", "userId": "u"}
    found = read("batch", {"batch": [good, {"type": "track"}, good]})
    assert [isinstance(each, Event) for each in found] == [True, False, True]
    assert isinstance(found[1], Rejected)
    assert (found[1].index, json.loads(found[1].body)) == (1, {"type": "track"})


def test_an_id_of_one_hundred_letters_is_accepted() -> None:
    assert one("track", {"event": "x", "userId": "u", "messageId": "m" * 100}).message_id == "m" * 100


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("track", b"{", "not_json"),
        ("track", b"[1]", "not_json"),
        ("track", b"\xff\xfe", "not_json"),
        ("batch", b"{}", "no_batch"),
        ("batch", b'{"batch": 5}', "not_json"),
        ("batch", json.dumps({"batch": [{}] * 2501}).encode(), "too_many_events"),
    ],
)
def test_a_request_that_cannot_be_read(path: str, body: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        list(events_of(path, body, NOW, "r"))
    assert caught.value.code == code


def test_2500_events_are_accepted() -> None:
    assert len(read("batch", {"batch": [{"type": "track", "event": "e", "userId": "u"}] * 2500})) == 2500


def test_gzip_never_unpacks_more_than_a_batch() -> None:
    body = b'{"batch": []}'
    assert unpacked(gzip.compress(body), "gzip") == body
    assert unpacked(body, "") == body
    bomb = gzip.compress(b"0" * 200_000_000)
    for data, code in ((bomb, "too_large"), (body, "bad_gzip"), (gzip.compress(body)[:-9], "bad_gzip")):
        with pytest.raises(Unreadable) as caught:
            unpacked(data, "gzip")
        assert caught.value.code == code
    with pytest.raises(Unreadable):
        unpacked(b"0" * (LONGEST_BATCH + 1), "")


def test_the_key_inside_a_body() -> None:
    assert write_key(b'{"writeKey": "abc", "batch": []}') == "abc"
    assert write_key(b"no") == ""
    assert write_key(b'{"writeKey": {"a": 1}}') == ""


def nested(depth: int) -> bytes:
    inner = b'{"a":' * depth + b"1" + b"}" * depth
    return b'{"type":"track","event":"e","userId":"u","properties":' + inner + b"}"


def test_a_deep_event_is_rejected_and_its_batch_is_not() -> None:
    batch = b'{"batch":[' + nested(DEEPEST - 1) + b"," + nested(DEEPEST) + b',{"userId":"u","type":"track"'
    batch += b',"event":"' + b"[" * 200 + b'\\"{"}]}'  # brackets inside a text are no depth
    found = list(events_of("batch", batch, NOW, "r1"))
    assert [getattr(each, "reason", None) for each in found] == [None, Reason.TOO_DEEP, None]


@pytest.mark.parametrize("path", ["track", "batch"])
def test_what_no_stack_holds_is_no_json(path: str) -> None:
    for body in (b'{"writeKey":' + b"[" * 100_000, b'{"batch":[' + nested(20_000) + b"]}"):
        with pytest.raises(Unreadable) as caught:
            list(events_of(path, body, NOW, "r1"))
        assert caught.value.code == "not_json"
        assert write_key(body) == ""


def test_half_an_emoji_costs_no_batch() -> None:
    whole, cut, written = b'"\\ud83d\\ude00"', b'"a\\ud83d"', b'"\\\\ud83d"'
    rows = [b'{"type":"track","userId":"u","event":' + name + b"}" for name in (whole, cut, written)]
    found = list(events_of("batch", b'{"batch":[' + b",".join(rows) + b"]}", NOW, "r1"))
    assert [each.name for each in found if isinstance(each, Event)] == ["\U0001f600", "a\ufffd", "\\ud83d"]


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_moment_beyond_the_calendar_is_unreadable(text: str) -> None:
    assert reason("track", {"userId": "u", "event": "e", "timestamp": text}) is Reason.BAD_TIME


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
items = st.dictionaries(
    st.sampled_from(
        ["type", "userId", "event", "timestamp", "context", "properties", "messageId", "sentAt", "x"]
    ),
    values | st.sampled_from(["track", "2026-11-24T00:00:00Z", "u"]),
)


@given(st.lists(items | values, max_size=5))
def test_every_event_of_any_batch_is_answered_for(batch: list[Any]) -> None:
    found = read("batch", {"batch": batch})
    assert len(found) == len(batch)
    for position, each in enumerate(found):
        if isinstance(each, Rejected):
            assert each.index == position
        else:
            assert each.user_id or each.anonymous_id
            assert "\x00" not in each.user_id + each.name + each.message_id


MOMENTS = (
    "2026-11-24T00:00:00Z",
    "2026-11-23T23:59:59.9999999Z",
    "2026-11-24T08:59:59.123456+09:00",
    "1990-01-01T00:00:00Z",
    "2199-12-31T23:59:59Z",
    None,
)
SENT = (None, "", "soon", "2026-11-24T04:08:31.581Z", "2026-11-24T05:00:00Z")
usual_fields: dict[str, st.SearchStrategy[Any]] = {
    "messageId": st.sampled_from(["m1", " m2 ", "", None, "m" * 100]),
    "anonymousId": st.sampled_from(["a1", " ", None]),
    "previousId": st.just(" p1 "),
    "name": st.sampled_from(["画面", None]),
    "timestamp": st.sampled_from(MOMENTS),
    "originalTimestamp": st.sampled_from(MOMENTS),
    "properties": st.sampled_from([{"a": [1, {"b": 1.5}]}, {}, None]),
    "traits": st.sampled_from([{"email": "a@example.jp"}, None]),
    "context": st.sampled_from([{"groupId": "G1"}, {"groupId": 7, "ip": "1"}, {}, None]),
    "_metadata": st.just({"x": 1}),
}
usual_items = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]),
        "userId": st.sampled_from(["u1", " u2", 12]),
        "event": st.sampled_from(["申請", " 申請 "]),
        "groupId": st.sampled_from(["A1", " A2"]),
    },
    optional=usual_fields,
).map(lambda item: {"previousId": "p0", **item})
odd_items = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "group", "alias", "delete"])},
    optional=usual_fields
    | {
        "messageId": st.sampled_from(["m" * 101, 5]),
        "userId": st.sampled_from(["  ", "", None, 12.0, True, "u1"]),
        "groupId": st.sampled_from([" ", None, "A1"]),
        "previousId": st.sampled_from(["", None, "p1"]),
        "event": st.sampled_from(["a\x00b", " ", None, "申請"]),
        "timestamp": st.sampled_from(
            ["2026-1-2T03:04:05Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", ""]
        ),
        "sentAt": st.sampled_from([None, "", "2026-11-24T04:08:00Z"]),
        "properties": st.just([]),
        "unheard": st.just(1),
    },
)
shared_contexts = st.sampled_from([None, {"groupId": "B1", "ip": "0"}, 5])


def one_by_one(body: Any) -> list[Event | Rejected]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "usual", lambda *_asked: None)
        return read("batch", body)


@given(st.lists(usual_items, max_size=4), shared_contexts, st.sampled_from(SENT))
def test_a_batch_at_once_gives_what_its_events_give_one_by_one(
    batch: list[Any], shared: Any, sent: Any
) -> None:
    body = {"batch": batch, "context": shared, "sentAt": sent}
    found = protocol.events_of("batch", json.dumps(body).encode(), NOW, "r1")
    is_late = any("2199" in str(item) for item in batch)  # corrected, it may lie outside the years
    assert isinstance(found, protocol.Usual) or is_late
    assert list(found) == one_by_one(body)


@given(
    st.lists(usual_items | odd_items, max_size=4),
    shared_contexts,
    st.sampled_from((*SENT, "1969-01-01T00:00:00Z", "0001-01-01", "9999-12-31")),
)
def test_whatever_a_batch_holds_both_ways_say_the_same(batch: list[Any], shared: Any, sent: Any) -> None:
    body = {"batch": batch, "context": shared, "sentAt": sent}
    assert read("batch", body) == one_by_one(body)


def test_a_usual_batch_of_any_length_is_read_at_once() -> None:
    item = {"type": "track", "event": "申請", "userId": "u1", "timestamp": "2026-11-24T00:00:00Z"}
    many = [{**item, "messageId": f"m{number}", "properties": {"a": [1]}} for number in range(500)]
    for batch in ([item], many, []):
        assert isinstance(
            protocol.events_of("batch", json.dumps({"batch": batch}).encode(), NOW, "r"), protocol.Usual
        )


@pytest.mark.parametrize(
    "part", [b'"x":1e400', b'"x":"\xff"', b'"integrations":{"x":1e400}', b'"properties":{"x":1e400}']
)
def test_what_is_no_json_in_any_corner_of_an_event_is_told(part: bytes) -> None:
    good = b'{"type":"track","event":"e","userId":"u"}'
    bad = good[:-1] + b"," + part + b"}"
    found = list(events_of("batch", b'{"batch":[' + good + b"," + bad + b"]}", NOW, "r"))
    assert [getattr(each, "reason", None) for each in found] == [None, Reason.NOT_AN_OBJECT]
