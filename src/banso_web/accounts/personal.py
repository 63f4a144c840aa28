"""What is stored of a contact in the accounts app and in the log of changes, and how it is taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from banso_web.accounts.models import Account, Contact, Contract
from banso_web.core.bulk import update_rows
from banso_web.core.models import AuditRow, PersonalRequest, StateVersion
from banso_web.core.personal import ERASED, Whom, erased_code

NAMES = (("family_name", "given_name"), ("family_kana", "given_kana"))
WORDS = ("family_name", "given_name", "family_kana", "given_kana", "title")
SHOWN = (*Contact.STATE_FIELDS, "custom")
COMPANY = ("name", "kana", "legal_name")
# What of a contact is personal; roles, department, presence and the day of leaving stay as facts about the company.
BLANK: dict[str, Any] = {
    "given_name": "", "family_kana": "", "given_kana": "", "title": "", "email": "", "phone": "", "consent_basis": "",
    "consent_on": None, "custom": {},
}  # fmt: skip


def _stated(contact: Contact) -> Iterable[dict[str, Any]]:
    yield {name: getattr(contact, name) for name in SHOWN}
    rows = StateVersion.objects.filter(subject="contact", subject_id=contact.pk)
    yield from rows.values_list("values", flat=True)


def whom_of(contact: Contact) -> Whom:
    """Every text by which the contact is or was known, from the current row and all versions (voided ones too)."""
    names: set[tuple[str, str]] = set()
    emails: set[str] = set()
    phones: set[str] = set()
    words: set[str] = set()
    for values in _stated(contact):
        names |= {(values.get(first) or "", values.get(second) or "") for first, second in NAMES}
        emails.add(values.get("email") or "")
        phones.add(values.get("phone") or "")
        words |= {values.get(name) or "" for name in WORDS}
    merged = Account.objects.filter(merged_into=contact.account_id).values_list("pk", flat=True)
    return Whom(
        contact_id=contact.pk,
        codes=frozenset({contact.code}),
        account_ids=(contact.account_id, *merged),
        names=frozenset(pair for pair in names if pair[0] and pair[0] != ERASED),
        emails=frozenset(emails - {""}),
        phones=frozenset(phones - {""}),
        words=frozenset(words - {"", ERASED}),
    )


def _json(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if hasattr(value, "isoformat") else value
        for key, value in values.items()
        if value not in (None, "", {})
    }


def find_contact(whom: Whom) -> Sequence[dict[str, Any]]:
    """The contact's own row as it is now."""
    rows = Contact.objects.filter(pk=whom.contact_id).select_related("account", "department")
    return [
        {
            "contact_id": row.code,
            "account_id": row.account.code,
            "account": row.account.name,
            "department": row.department.name if row.department else "",
            "values": _json({name: getattr(row, name) for name in SHOWN if name != "department_id"}),
        }
        for row in rows
    ]


def find_versions(whom: Whom) -> Sequence[dict[str, Any]]:
    """Every dated version with the entry it came by: where each value is from, and since when it was known."""
    rows = StateVersion.objects.filter(subject="contact", subject_id=whom.contact_id).select_related("entry")
    return [
        {
            "values": _json(row.values),
            "valid_from": row.valid_from.isoformat() if row.valid_from else None,
            "recorded_at": row.recorded_at.isoformat(),
            "source": row.entry.kind,
            "source_name": row.entry.label,
            "entered_at": row.entry.entered_at.isoformat() if row.entry.entered_at else None,
        }
        for row in rows.order_by("entry__seq", "id")
    ]


def erase_contact(whom: Whom) -> int:
    """The current row: 「削除済みの担当者」 under an id that tells nothing, out of every search."""
    row = Contact.objects.filter(pk=whom.contact_id).first()
    if row is None:
        return 0
    if not row.erased:
        row.code = erased_code(row.code)
    row.family_name, row.erased, row.search_key = ERASED, True, ""
    for name, value in BLANK.items():
        setattr(row, name, value)
    row.save()
    return 1


def erase_versions(whom: Whom) -> int:
    """Every version keeps its days and what is no personal value."""
    rows = list(StateVersion.objects.filter(subject="contact", subject_id=whom.contact_id))
    for row in rows:
        kept = {key: value for key, value in row.values.items() if key not in BLANK}
        if "family_name" in kept:
            kept["family_name"] = ERASED
        row.values = kept
    return update_rows(StateVersion, ["values"], rows)


def _customer_rows(whom: Whom) -> Iterable[StateVersion]:
    contracts = Contract.objects.filter(account_id__in=whom.account_ids).values("pk")
    about = Q(subject="account", subject_id__in=whom.account_ids) | Q(
        subject="contract", subject_id__in=contracts
    )
    for row in StateVersion.objects.filter(about).iterator(chunk_size=2_000):
        if _without(row.values, whom) != row.values:
            yield row


def _without(values: dict[str, Any], whom: Whom) -> dict[str, Any]:
    """The company's own name stays, also where it is the person's (個人事業主): it is a fact about the customer."""
    return {key: value if key in COMPANY else whom.scrub_json(value) for key, value in values.items()}


def find_customer(whom: Whom) -> Sequence[dict[str, Any]]:
    """Versions of the person's customer and its contracts whose own fields name them."""
    return [{"subject": row.subject, "values": row.values} for row in _customer_rows(whom)]


def erase_customer(whom: Whom) -> int:
    """Versions and the current rows."""
    versions = list(_customer_rows(whom))
    for row in versions:
        row.values = _without(row.values, whom)
    changed = update_rows(StateVersion, ["values"], versions)
    accounts = [row for row in Account.objects.filter(pk__in=whom.account_ids) if _own_fields(row, whom)]
    contracts = [
        row for row in Contract.objects.filter(account_id__in=whom.account_ids) if _own_fields(row, whom)
    ]
    changed += update_rows(Account, ["custom", "success_definition"], accounts)
    return changed + update_rows(Contract, ["custom", "end_reason"], contracts)


def _own_fields(row: Account | Contract, whom: Whom) -> bool:
    changed = False
    for name in ("custom", "success_definition", "end_reason"):
        old = getattr(row, name, "")
        new = whom.scrub_json(old)
        if new != old:
            setattr(row, name, new)
            changed = True
    return changed


def _requests(whom: Whom) -> Iterable[PersonalRequest]:
    for row in PersonalRequest.objects.order_by("pk"):
        texts = [row.person, row.identity, row.done]
        if row.contact_id == whom.contact_id or whom.scrub_json(texts) != texts:
            yield row


def find_requests(whom: Whom) -> Sequence[dict[str, Any]]:
    """What the person asked about their data before."""
    return [
        {"received_on": row.received_on.isoformat(), "kind": row.kind, "person": row.person, "done": row.done}
        for row in _requests(whom)
    ]


def erase_requests(whom: Whom) -> int:
    """That a request was answered, when and how, stays as evidence; who asked does not."""
    rows = list(_requests(whom))
    for row in rows:
        if row.contact_id == whom.contact_id:
            row.person = ERASED
        row.person, row.identity, row.done = (
            whom.scrub(text, beside=True) for text in (row.person, row.identity, row.done)
        )
    return update_rows(PersonalRequest, ["person", "identity", "done"], rows)


def _audit_rows(whom: Whom) -> Iterable[AuditRow]:
    wanted = Q(subject="contact", subject_id=whom.contact_id)
    wanted |= Q(subject="account", subject_id__in=whom.account_ids)
    for family, given in whom.names:
        for text in {f"{family}{given}", f"{family} {given}", f"{family}\u3000{given}"} if given else ():
            wanted |= Q(subject_label__icontains=text) | Q(reason__icontains=text)
    for mail in whom.emails:
        wanted |= Q(subject_label__icontains=mail) | Q(reason__icontains=mail)
    return AuditRow.objects.filter(wanted).iterator(chunk_size=2_000)


def _scrubbed(row: AuditRow, whom: Whom) -> bool:
    about = row.subject == "contact" and row.subject_id == whom.contact_id
    before = (row.subject_label, row.reason, row.old, row.new)
    row.reason = whom.scrub(row.reason, beside=about)
    row.old, row.new = (whom.scrub_json(value, beside=about or None) for value in (row.old, row.new))
    row.subject_label = ERASED if about else whom.scrub(row.subject_label)
    return before != (row.subject_label, row.reason, row.old, row.new)


def find_audit(whom: Whom) -> Sequence[dict[str, Any]]:
    """Rows of the log of changes that name the person."""
    return [
        {"at": row.at.isoformat(), "action": row.action, "by": row.actor_name, "label": row.subject_label,
         "old": row.old, "new": row.new, "reason": row.reason}
        for row in _audit_rows(whom)
        if (row.subject == "contact" and row.subject_id == whom.contact_id)
        or whom.in_text(row.subject_label) or whom.in_text(row.reason)
        or whom.scrub_json([row.old, row.new]) != [row.old, row.new]
    ]  # fmt: skip


def erase_audit(whom: Whom) -> int:
    """The one exception to a log that is never changed: who did what stays, whose name it was does not."""
    rows = [row for row in _audit_rows(whom) if _scrubbed(row, whom)]
    return update_rows(AuditRow, ["subject_label", "reason", "old", "new"], rows)
