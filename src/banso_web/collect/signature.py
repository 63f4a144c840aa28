"""Standard Webhooks: who sent a body, that nobody changed it, and that it is not an old one sent again.

https://www.standardwebhooks.com. Pure: the moment is an argument.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

MARK = "whsec_"
TOLERANCE_SECONDS = 5 * 60


def new_secret() -> str:
    """A secret of 32 random bytes, as senders want it."""
    return MARK + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret: base64 with or without `whsec_`, with or without padding. ValueError for anything else."""
    text = secret.strip().removeprefix(MARK).rstrip("=")
    key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not key:
        raise ValueError("an empty secret")
    return key


def refusal(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes, moment: datetime) -> str:
    """Why a request is not taken, "" where it is: unsigned, bad_timestamp, old_timestamp, bad_signature.

    `headers`: lower-case names. Any signature of version v1 that any of the keys made is enough; versions that are not
    known are passed over. The timestamp may lie five minutes either way.
    """
    name, stamp, given = (
        headers.get(f"webhook-{word}", "").strip() for word in ("id", "timestamp", "signature")
    )
    if not (name and stamp and given):
        return "unsigned"
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return "bad_timestamp"
    if abs(moment.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        return "old_timestamp"
    # A server reads headers as Latin-1: so the bytes are again those that the sender signed.
    signed = f"{name}.{stamp}.".encode("latin-1", "replace") + body
    wanted = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    for one in given.split():
        version, _comma, value = one.partition(",")
        if version == "v1" and any(hmac.compare_digest(value.encode(), each) for each in wanted):
            return ""
    return "bad_signature"
