"""What is written to the log for one request: who sent it, when it came, and its body untouched."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
DAY = 86_400_000_000  # microseconds


class Envelope(msgspec.Struct, frozen=True):
    """The head of a logged request; `received_at` in microseconds since 1970, UTC."""

    source: int
    path: str
    request: str
    received: int

    @property
    def received_at(self) -> datetime:
        return moment_of(self.received)


_decoder = msgspec.json.Decoder(Envelope)


def packed(head: Envelope, body: bytes) -> bytes:
    """Head and body as one payload: the head is one line."""
    return msgspec.json.encode(head) + b"\n" + body


def opened(payload: bytes) -> tuple[Envelope, bytes]:
    """The head and the body of a payload. Raises ValueError for bytes that are none."""
    head, found, body = payload.partition(b"\n")
    if not found:
        raise ValueError("no envelope")
    try:
        return _decoder.decode(head), body
    except msgspec.DecodeError as error:
        raise ValueError(f"no envelope: {error}") from None


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(moment: int) -> datetime:
    """The moment so many microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=moment)


def days_since(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - EPOCH.toordinal()


def day_of(days: int) -> date:
    """The day so many days after 1970-01-01."""
    return date.fromordinal(days + EPOCH.toordinal())
