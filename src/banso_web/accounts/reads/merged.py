"""Facts keep the account they came with; readers of one customer ask under every account that was merged into it."""

from __future__ import annotations

from banso_web.accounts.counting import merges
from banso_web.core.facts import Asked


def accounts_of(asked: Asked, account_id: int) -> list[int]:
    """The account itself and everything merged into it by the asked watermark."""
    merged = merges(asked.watermark, asked.known_at)
    return [account_id, *(other for other, kept in merged.items() if kept == account_id)]
