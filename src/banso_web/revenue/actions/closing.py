"""月次締め: signing a month, opening it again, the bridge to the accounts' MRR."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso.money import from_units, to_units
from banso_web.core import audit, clock
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.facts import Asked, current_watermark, hold_watermark
from banso_web.core.metrics import compute, plain, row_json
from banso_web.core.registry import registry
from banso_web.core.ui.formats import joined, month_text
from banso_web.revenue.models import Bridge, Closing, ClosingRow
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.reads.chain import chain_of, order_reasons, reopen_reasons
from banso_web.revenue.reads.months import last_day
from banso_web.revenue.reads.rated import added_up, held_text
from banso_web.revenue.reads.renewals import Pending

if TYPE_CHECKING:
    from banso_web.members.models import Member

FROZEN_PARTS = ("new", "reactivation", "expansion", "contraction", "churn")
BRIDGE_KINDS = ("recognition_month", "proration", "free", "late_renewal", "tax", "fx")


class ClosingBlocked(Refused):
    """The month cannot be closed yet. `reasons` says why, one by one, each with what to do."""

    def __init__(self, reasons: Sequence[str]) -> None:
        text = _("この月はまだ締められません。何も保存していません。")
        super().__init__("\n".join([text, *reasons]), code="closing_blocked")
        self.reasons = tuple(reasons)


def _require(actor: Member) -> None:
    if not actor.may("month.close"):
        raise Forbidden(_("月次締めを行えるのは、その権限を持つ人だけです。データは変わっていません。"))


def question(month: date) -> Asked:
    """What a closing made now asks: all that is known today."""
    today = clock.today()
    return Asked(as_of=today, today=today, watermark=current_watermark())


def blockers(
    asked: Asked,
    month: date,
    *,
    red_comments: Mapping[str, str] | None = None,
    signed: Collection[int] = (),
    pending: Sequence[Pending] | None = None,
    kind: str | None = None,
) -> list[str]:
    """Every reason why the month cannot be closed now; empty when it can (`kind` "final": as 確報).

    `signed`: ids of the contracts on the 更新手続中 list the manager signed. Upper apps add their own reasons through
    `registry.closing_checks`: callables `(month, red_comments) -> reasons`.
    """
    month, found = month.replace(day=1), []
    if last_day(month) >= asked.as_of:
        found.append(
            _("%(month)s はまだ終わっていません。月が終わってから締めてください。")
            % {"month": month_text(month)}
        )
    standing = reads.standing(month)
    if standing and standing.kind == Closing.Kind.FINAL:
        found.append(
            _("%(month)s は確報で締めてあります。直すには、理由を書いて締めを解除してください。")
            % {"month": month_text(month)}
        )
    found.extend(order_reasons(chain_of(month), kind))
    waiting = reads.pending_at(asked, month) if pending is None else pending
    unsigned = [one for one in waiting if one.contract_id not in set(signed)]
    if unsigned:
        text = _(
            "更新手続中の契約が %(count)s 件(MRR %(mrr)s)あります。一覧を確かめて署名してください: %(codes)s"
        )
        mrr = plain(reads.pending_sum(unsigned))
        if unknown := [one for one in unsigned if one.units is None]:
            held = held_text(added_up(one.held for one in unknown))
            mrr = _("%(mrr)s と換算レートなし %(held)s") % {"mrr": mrr, "held": held}
        codes = joined(one.contract for one in unsigned[:10])
        found.append(text % {"count": len(unsigned), "mrr": mrr, "codes": codes})
    for check in registry.closing_checks:
        found.extend(check(month, dict(red_comments or {})))
    return found


def close_month(
    month: date,
    *,
    kind: str,
    actor: Member,
    comment: str,
    red_comments: Mapping[str, str] | None = None,
    signed: Collection[int] = (),
) -> reads.Closed:
    """Sign a month as 速報 ("flash") or 確報 ("final") and freeze it.

    403 without `month.close`; ClosingBlocked with every reason when something is open; Refused without a comment;
    Conflict when facts came in while the figures were computed.
    """
    _require(actor)
    month = month.replace(day=1)
    if kind not in Closing.Kind.values:
        raise Refused(_("速報か確報を選んでください。何も保存していません。"), code="bad_kind")
    if not comment.strip():
        text = _("締めのコメントを書いてください。何も保存していません。")
        raise Refused(text, code="comment_needed", fields={"comment": text})
    asked = question(month)
    before = reads.standing(month)
    signed_before, opening = before.id if before else None, reads.signed_before(month)
    pending = reads.pending_at(asked, month)
    if reasons := blockers(
        asked, month, red_comments=red_comments, signed=signed, pending=pending, kind=kind
    ):
        raise ClosingBlocked(reasons)
    values = {
        "metrics": reads.frozen_values(asked, month),
        "waterfall": {
            key: None if bar is None else plain(bar, 28)
            for key, bar in reads.chained_waterfall(asked, month, pending).items()
        },
    }
    fall = compute("nrr_monthly", asked, month=month)
    rows = [(part, row) for part in FROZEN_PARTS for row in fall.part_rows[part]]
    rows += [("excluded", row) for row in fall.excluded]
    with transaction.atomic():
        _hold(asked, month, kind, signed_before, opening)
        made = Closing.objects.create(
            month=month,
            kind=kind,
            watermark=asked.watermark,
            definitions=reads.definitions(),
            rules=reads.rules_json(asked),
            values=values,
            comment=comment.strip(),
            red_comments=dict(red_comments or {}),
            closed_at=clock.now(),
            closed_by=actor,
        )
        lines = [
            ClosingRow(closing=made, part=part, account_id=row.account_id, payload=row_json(row))
            for part, row in rows
            if row.account_id is not None
        ]
        lines += [
            ClosingRow(
                closing=made, part="pending_renewal", account_id=one.account_id, payload=_pending_json(one)
            )
            for one in pending
        ]
        ClosingRow.objects.bulk_create(lines, batch_size=500)
        audit.record(
            "month.close",
            actor=actor,
            subject="closing",
            subject_id=made.pk,
            label=f"{month:%Y-%m}",
            new={"kind": kind, "watermark": asked.watermark, "signed": [one.contract for one in pending]},
            reason=comment.strip(),
        )
    closed = reads.by_id(made.pk)
    assert closed is not None
    return closed


def _hold(asked: Asked, month: date, kind: str, signed_before: int | None, opening: Decimal | None) -> None:
    """Lock the watermark until the closing stands, and refuse where an entry or another closing came between."""
    if hold_watermark() != asked.watermark:
        raise Conflict(
            _(
                "締めの計算中に新しいデータが入りました。何も保存していません。数字を確かめて、もう一度締めてください。"
            ),
            code="stale",
        )
    if (now := reads.standing(month)) is not None and now.id != signed_before:
        raise Conflict(_("ほかの人が先にこの月を締めました。何も保存していません。"), code="closed_meanwhile")
    if reasons := order_reasons(chain_of(month), kind):  # another month was opened or closed meanwhile
        raise ClosingBlocked(reasons)
    if reads.signed_before(month) != opening:
        raise Conflict(
            _(
                "締めの計算中に、前の月の締めが変わりました。何も保存していません。数字を確かめて、もう一度締めてください。"
            ),
            code="chain_changed",
        )


def _pending_json(one: Pending) -> dict[str, object]:
    return {
        "contract_id": one.contract,
        "product": one.product,
        "ends_on": one.ends_on.isoformat(),
        "days": one.days,
        "mrr": None if one.units is None else plain(from_units(one.units), 20),
        "held": [{"currency": currency, "mrr": plain(from_units(units), 20)} for currency, units in one.held],
    }


def _standing(closing_id: int) -> Closing:
    found = Closing.objects.filter(pk=closing_id).first()
    if found is None:
        raise Refused(_("その締めは見つかりません。何も変わっていません。"), code="unknown_closing")
    if found.reopened_at is not None:
        raise Refused(
            _("この締めは、すでに解除されています。何も変わっていません。"), code="already_reopened"
        )
    return found


def reopen(closing_id: int, *, actor: Member, reason: str) -> reads.Closed:
    """Open a month again with a reason: its 確報 and the 速報 before it are taken back together, and both rows stay and
    say who and why. Refused while a later month is closed (it starts from what was signed here), and for a closing that
    a later one of the same month has replaced.
    """
    _require(actor)
    if not reason.strip():
        text = _("締めを解除する理由を書いてください。何も変わっていません。")
        raise Refused(text, code="reason_needed", fields={"reason": text})
    with transaction.atomic():
        hold_watermark()  # neither another closing nor another re-opening comes between
        found = _standing(closing_id)
        newest = reads.standing(found.month)
        if newest is not None and newest.id != found.pk:
            text = _(
                "この締めは、同じ月の後の締めに置き換わっています。新しい方を解除してください。何も変わっていません。"
            )
            raise Refused(text, code="replaced")
        if reasons := reopen_reasons(chain_of(found.month)):
            raise Refused(" ".join(reasons), code="later_closed")
        changed = Closing.objects.filter(month=found.month, reopened_at=None).update(
            reopened_at=clock.now(), reopened_by=actor, reopen_reason=reason.strip()
        )
        if not changed:
            raise Conflict(_("ほかの人が先に解除しました。何も変わっていません。"), code="stale")
        audit.record(
            "month.reopen",
            actor=actor,
            subject="closing",
            subject_id=found.pk,
            label=f"{found.month:%Y-%m}",
            old={"kind": found.kind},
            reason=reason.strip(),
        )
    closed = reads.by_id(found.pk)
    assert closed is not None
    return closed


def set_bridge(closing_id: int, lines: Sequence[reads.BridgeLine], *, actor: Member) -> None:
    """Replace the bridge from the closed MRR to the accounts' MRR. It explains the closing and changes nothing in it."""
    _require(actor)
    if wrong := [line.kind for line in lines if line.kind not in BRIDGE_KINDS]:
        raise Refused(
            _("橋渡しの種類が正しくありません: %(kinds)s") % {"kinds": ", ".join(wrong)}, code="bad_kind"
        )
    with transaction.atomic():
        found = _standing(closing_id)
        old = {row.kind: row.amount_units for row in found.bridge.all()}
        found.bridge.all().delete()
        made = [
            Bridge(
                closing=found,
                kind=line.kind,
                amount_units=to_units(line.amount),
                note=line.note[:300],
            )
            for line in lines
        ]
        Bridge.objects.bulk_create(made)
        audit.record(
            "month.bridge",
            actor=actor,
            subject="closing",
            subject_id=found.pk,
            label=f"{found.month:%Y-%m}",
            old=old,
            new={row.kind: row.amount_units for row in made},
        )


__all__ = ["BRIDGE_KINDS", "ClosingBlocked", "blockers", "close_month", "question", "reopen", "set_bridge"]
