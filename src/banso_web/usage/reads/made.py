"""What was made of an event: whose use it counts as, and why it does not count where it does not."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import ids_by_code, merges
from banso_web.collect.words import REASONS
from banso_web.core.facts import Asked
from banso_web.usage.reads.identity import identity
from banso_web.warehouse.recent import Seen, State

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member

USES = ("track", "page", "screen")
#: What names nobody. A rejected event is often one whose names are misspelt, so all else is taken for people's data.
IMPERSONAL = ("type", "event", "messageId", "groupId", "timestamp", "originalTimestamp", "sentAt")


@dataclass(frozen=True)
class Made:
    """code: the customer's id it is put to, "" for nobody's. person: whom it counts as. why: the reason why it is nobody's use,
    or not yet; "" where it counts."""

    account: Account | None
    code: str
    person: str
    why: str


def accounts_of(member: Member, codes: Collection[str], asked: Asked) -> dict[str, Account]:
    """{customer's id: the customer}, as far as the member may see customers. Merged ones lead to the one that was kept."""
    known = ids_by_code(set(codes) - {""})
    kept = merges(asked.watermark, asked.known_at)
    wanted = {code: kept.get(key, key) for code, key in known.items()}
    rows = visible_accounts(member).in_bulk(list(wanted.values()))
    return {code: rows[key] for code, key in wanted.items() if key in rows}


def made_of(member: Member, one: Seen, asked: Asked) -> Made:
    person, code, is_nobodys = _placed(one, asked)
    known = bool(ids_by_code({code} - {""}))
    account = accounts_of(member, [code], asked).get(code)
    return Made(account, code, person, _why(one, code, known=known, is_nobodys=is_nobodys))


def _placed(one: Seen, asked: Asked) -> tuple[str, str, bool]:
    """(person, customer's id, nobody's by decision): for one event what `attributed.USED` says for all of them."""
    person = one.user_id or one.anonymous_id
    if one.happened_at is None or one.local_day is None:
        return person, one.group_id, False
    found = identity(asked)
    for source, span, _day in found.people:
        if (source, span.earlier) == (one.source, person) and span.since < one.happened_at <= span.until:
            person = span.person
            break
    tie = _holding(found.ties, one.source, one.group_id, one.local_day)
    home = _holding((row[:5] for row in found.homes), one.source, person, one.local_day)
    if "" in (tie, home):
        return person, "", True
    return person, tie or one.group_id or home or "", False


def _holding(rows: Iterable[Any], source: int, called: str, day: date) -> str | None:
    """What a group or a person is put to on a day; None where nothing is decided."""
    for of, name, since, until, code in rows:
        if (of, name) == (source, called) and since <= day < until:
            return str(code)
    return None


def _why(one: Seen, code: str, *, known: bool, is_nobodys: bool) -> str:
    if one.state == State.REJECTED:
        return str(REASONS.get(one.reason, one.reason))
    if one.state == State.DUPLICATE:
        return _("同じ messageId のイベントが先に届いています。はじめのものだけを数えます。")
    if one.kind not in USES:
        return _("利用に数えるのは track・page・screen だけです。")
    if is_nobodys:
        return _("この利用者は、どの顧客の利用にも数えないと決めています。")
    if not code:
        return _("groupId がなく、利用者がどの顧客の人かも分からないため、どの顧客の利用にも数えません。")
    if not known:
        return _("この顧客IDの顧客はまだ登録されていません。登録すると、さかのぼって数えます。")
    if one.state == State.WAITING:
        return _("取り込みを待っています。ふだんは数秒で終わります。")
    return ""


def shown_json(one: Seen, *, personal: bool) -> str:
    """The event as JSON for reading. Without the right to people's data the personal parts give way to the names of their fields."""
    value = _as_sent(one)
    if not personal:
        value = {key: told if key in IMPERSONAL else _names_only(told) for key, told in value.items()}
    return json.dumps(value, ensure_ascii=False, indent=2)


def _as_sent(one: Seen) -> dict[str, Any]:
    if one.state == State.REJECTED:
        try:
            value = json.loads(one.body)
        except (ValueError, RecursionError):
            value = None
        return value if isinstance(value, dict) else {"properties": one.body}
    contents = "properties" if one.kind in USES else "traits"
    value = {
        "type": one.kind,
        "messageId": one.message_id,
        "event" if one.kind == "track" else "name": one.name,
        "userId": one.user_id,
        "anonymousId": one.anonymous_id,
        "groupId": one.group_id,
        "timestamp": one.happened_at.isoformat() if one.happened_at else "",
        contents: json.loads(one.properties or "null"),
        "context": json.loads(one.context or "null"),
    }
    return {key: told for key, told in value.items() if told not in ("", None)}


def _names_only(value: Any) -> Any:
    return dict.fromkeys(value, "…") if isinstance(value, Mapping) else "…"
