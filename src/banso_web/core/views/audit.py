"""監査ログ: who did what, when, to what; old and new values; CSV of exactly what is shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso.names import csv_safe
from banso_web.core import audit
from banso_web.core.action_words import DEEDS, deed_word
from banso_web.core.days import DayField
from banso_web.core.forms import in_words, value_words
from banso_web.core.models import AuditRow
from banso_web.core.pages import page, reader, render_page
from banso_web.core.reads.audit import SUBJECTS, Change, Wanted, audit_rows, changes
from banso_web.core.registry import registry
from banso_web.core.settings_store import SettingSpec
from banso_web.core.ui.formats import moment_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Chip, Order, keyset_page
from banso_web.core.ui.states import STATES

if TYPE_CHECKING:
    from banso_web.members.models import Member

SIZE = 100
CSV_LIMIT = 100_000
VIAS = (
    ("page", gettext_lazy("画面")),
    ("api", gettext_lazy("API")),
    ("command", gettext_lazy("コマンド")),
    ("job", gettext_lazy("自動処理")),
)
_LATEST_FIRST = Order((("pk", "pk", True),))


def _subjects() -> list[tuple[str, Any]]:
    """(keys, word) of what there is to choose: subjects that bear one word are one choice, their keys joined by commas."""
    named: dict[str, list[str]] = {}
    for key, (word, _permission) in SUBJECTS.items():
        if key:
            named.setdefault(str(word), []).append(key)
    found = [(",".join(keys), word) for word, keys in named.items()]
    return found + [(key, key) for key in registry.audit_filters if key not in SUBJECTS]


class AuditForm(forms.Form):
    who = forms.CharField(label=gettext_lazy("誰が"), required=False, max_length=100)
    q = forms.CharField(label=gettext_lazy("何を"), required=False, max_length=100)
    subject = forms.ChoiceField(label=gettext_lazy("種類"), required=False)
    action = forms.ChoiceField(label=gettext_lazy("操作"), required=False)
    via = forms.ChoiceField(
        label=gettext_lazy("経路"), required=False, choices=[("", gettext_lazy("すべて")), *VIAS]
    )
    since = DayField(label=gettext_lazy("この日から"), required=False)
    until = DayField(label=gettext_lazy("この日まで"), required=False)
    id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subject = cast(forms.ChoiceField, self.fields["subject"])
        subject.choices = [("", _("すべて")), *_subjects()]
        action = cast(forms.ChoiceField, self.fields["action"])
        action.choices = [("", _("すべて")), *DEEDS.items()]

    def wanted(self) -> Wanted:
        """What was asked; a field that cannot be read counts as not asked (and says so beside itself)."""
        self.is_valid()
        data = self.cleaned_data
        days = {name: data.get(name) for name in ("since", "until")}
        since, until = (day if day and 1900 <= day.year < 2200 else None for day in days.values())
        return Wanted(
            who=data.get("who", ""), text=data.get("q", ""), action=data.get("action", ""), subject=data.get("subject", ""),
            subject_id=data.get("id"), via=data.get("via", ""), since=since, until=until,
        )  # fmt: skip


def _chips(request: HttpRequest, form: AuditForm, rows: list[AuditRow]) -> list[Chip]:
    chips = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "") or name == "id":
            continue
        words = dict(getattr(field, "choices", ())).get(value, value)
        chips.append(Chip(f"{field.label}: {words}", changed_query(request, **{name: None})))
    if form.cleaned_data.get("id") is not None:
        label = rows[0].subject_label if rows else str(form.cleaned_data["id"])
        chips.append(Chip(_("対象: %(label)s") % {"label": label}, changed_query(request, id=None)))
    return chips


def _in_words(member: Member, row: AuditRow) -> list[Change]:
    """The changed fields of a row as a reader calls them: settings by their label and choice, no marks of JSON."""
    found = []
    for one in changes(member, row):
        spec = registry.settings.get(one.field) if row.subject == "setting" else None
        label = spec.label if spec else registry.field_words.get(one.field, one.field)
        old, new = ("" if value == "" else _words(spec, value) for value in (one.old, one.new))
        if one.hidden:
            old, new = "", str(STATES["withheld"][0])
        found.append(Change(str(label), old, new, one.hidden))
    return found


def _words(spec: SettingSpec | None, value: Any) -> str:
    return value_words(spec, value) if spec else in_words(value)


def _subject_label(row: AuditRow) -> str:
    """A setting's row is labelled by its key; the reader gets its name."""
    spec = registry.settings.get(row.subject_label) if row.subject == "setting" else None
    return str(spec.label) if spec else row.subject_label


def _actor(row: AuditRow) -> str:
    """Who did it; what nobody did by hand is the product's own work."""
    return _("自動処理") if row.actor_id is None and row.actor_name == "system" else row.actor_name


def _line(member: Member, row: AuditRow) -> dict[str, Any]:
    vias = dict(VIAS)
    shown = _in_words(member, row)
    word = SUBJECTS.get(row.subject, (row.subject, ""))[0]
    return {
        "row": row,
        "label": _subject_label(row),
        "subject": word,
        "action": deed_word(row.action),
        "actor": _actor(row),
        "via": vias.get(row.via, row.via),
        "changes": shown[:12],
        "more": max(len(shown) - 12, 0),
    }


@page("audit.view")
def log(request: HttpRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    wanted = form.wanted()
    found = keyset_page(audit_rows(reader(request), wanted), request, _LATEST_FIRST, size=SIZE)
    context = {
        "form": form,
        "lines": [_line(reader(request), row) for row in found.rows],
        "list_page": found,
        "chips": _chips(request, form, found.rows),
        "limit": CSV_LIMIT,
    }
    return render_page(request, "core/audit.html", context, fragment="core/_audit.html")


HEADS = (
    gettext_lazy("日時"), gettext_lazy("誰が"), gettext_lazy("経路"), gettext_lazy("操作"), gettext_lazy("種類"),
    gettext_lazy("対象"), gettext_lazy("項目"), gettext_lazy("変更前"), gettext_lazy("変更後"), gettext_lazy("理由"),
)  # fmt: skip


def _csv(member: Member, rows: Iterable[AuditRow]) -> str:
    text = io.StringIO()
    text.write("\ufeff")  # Excel reads UTF-8 only with it
    writer = csv.writer(text)
    writer.writerow(HEADS)
    for row in rows:
        what = (_actor(row), row.via, deed_word(row.action), row.subject, _subject_label(row))
        for one in _in_words(member, row) or [Change("", "", "")]:
            cells = (*what, one.field, one.old, one.new, row.reason)
            writer.writerow([moment_text(row.at), *map(csv_safe, cells)])
    return text.getvalue()


@page("audit.view")
def log_csv(request: HttpRequest) -> HttpResponse:
    """Every visible row that matches (at most CSV_LIMIT, the latest), one line a changed field. Itself audited."""
    rows = audit_rows(reader(request), AuditForm(request.GET).wanted()).order_by("-pk")[:CSV_LIMIT]
    audit.record(
        "audit.export", actor=reader(request), subject="audit", new={"query": dict(request.GET.lists())}
    )
    response = HttpResponse(
        _csv(reader(request), rows.iterator(chunk_size=2000)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response
