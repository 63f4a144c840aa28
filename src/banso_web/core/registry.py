"""What apps say about themselves at start-up, so that lower apps never import higher ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from banso_web.core.facts import Asked, FactKind
    from banso_web.core.periodic import Periodic
    from banso_web.core.personal import Whom
    from banso_web.members.models import Member


@dataclass(frozen=True)
class NavEntry:
    """A line of the left rail. `permission` decides who sees it; `group` and `order` where it stands."""

    key: str
    label: Any  # lazy translation
    url_name: str
    icon: str
    group: str = ""
    order: int = 100
    permission: str = ""
    text: Any = ""  # what it is for, on its card on the settings page (group "settings")
    reading: str = ""  # the label in kana, and other words for it: the palette finds it by them


@dataclass(frozen=True)
class PaletteAct:
    """Something to do from the palette: a page to open (`url_name`, `query`), or `theme` of the page script.

    `permission` and `may` decide who is offered it. `label` begins with what is acted on: 「顧客を追加する」.
    """

    key: str
    label: Any  # lazy translation
    url_name: str = ""
    permission: str = ""
    reading: str = ""
    query: str = ""
    theme: str = ""  # auto, light, dark
    may: Callable[[Member], bool] | None = None


@dataclass(frozen=True)
class SearchHit:
    label: str
    url: str
    kind: str
    detail: str = ""
    theme: str = ""  # no page: the page script changes the theme


@dataclass(frozen=True)
class CustomerPart:
    """A block of the customer page that an app fills: `render(member, account_id, asked)` gives template context or None."""

    key: str
    order: int
    template: str
    context: Callable[[Member, int, Asked], dict[str, Any] | None]


@dataclass(frozen=True)
class TimelineSource:
    """Entries of the customer timeline: `entries(member, account_id, asked)` gives TimelineItem rows, latest first."""

    key: str
    entries: Callable[[Member, int, Asked], Sequence[TimelineItem]]


@dataclass(frozen=True)
class TimelineItem:
    at: Any  # date or aware datetime
    kind: str
    label: Any
    text: str
    detail: str = ""
    icon: str = ""
    note: str = ""  # longer text, folded away
    key: int | None = None  # the fact's id, where the reader may correct it


@dataclass(frozen=True)
class PersonalField:
    """A place where personal data of a contact stands, for disclosure and erasure (`core.personal`).

    `find(whom)` gives what stands there, as JSON objects with where each came from; `erase(whom)` takes it out and gives
    how many rows or files changed. Both are safe to run twice. `in_files`: erased after the database, outside its
    transaction.
    """

    key: str
    label: Any  # lazy translation
    find: Callable[[Whom], Sequence[dict[str, Any]]]
    erase: Callable[[Whom], int]
    in_files: bool = False


@dataclass(frozen=True)
class Retained:
    """A class of data with its time (`core.retention`): `setting` holds the days or months; 0 keeps for ever.

    `waiting()` counts what the next run would remove, `remove()` does it and gives how many. Both may run at any time.
    """

    key: str
    label: Any  # lazy translation
    setting: str
    waiting: Callable[[], int]
    remove: Callable[[], int]
    unit: str = "days"  # or "months"


@dataclass(frozen=True)
class SetupStep:
    """A block of the first-run set-up page that another app fills: a Django form, and what saves its answers."""

    key: str
    order: int
    title: Any
    help: Any
    form: Callable[..., Any]  # (data, initial=…, prefix=…) -> Form
    initial: Callable[[], dict[str, Any]]
    save: Callable[[Member, dict[str, Any]], None]
    permission: str = "settings.edit"


@dataclass
class Registry:
    """The lists themselves. Filled by each app's `registrations.py` when Django starts."""

    nav: list[NavEntry] = field(default_factory=list)
    acts: list[PaletteAct] = field(default_factory=list)
    searches: list[Callable[[Member, str, int], Sequence[SearchHit]]] = field(default_factory=list)
    customer_parts: list[CustomerPart] = field(default_factory=list)
    timeline: list[TimelineSource] = field(default_factory=list)
    personal: list[PersonalField] = field(default_factory=list)
    retained: list[Retained] = field(default_factory=list)
    erasure_checks: list[Callable[[Whom], str]] = field(
        default_factory=list
    )  # why an erasure must wait ("" it need not)
    file_handlers: dict[str, Any] = field(default_factory=dict)  # canonical file name -> ingest handler
    facts: dict[str, FactKind] = field(default_factory=dict)  # canonical file name -> how its rows are read
    permissions: dict[str, Any] = field(default_factory=dict)  # key -> lazy label
    settings: dict[str, Any] = field(default_factory=dict)  # key -> SettingSpec (core.settings_store)
    after_publish: list[Callable[[int], None]] = field(default_factory=list)  # called with entry id
    after_project: list[Callable[[str, Sequence[int]], None]] = field(
        default_factory=list
    )  # (subject, ids) after an edit
    commands: list[Any] = field(default_factory=list)  # click commands
    periodic: list[Periodic] = field(default_factory=list)
    undo_checks: list[Callable[[Any], Sequence[tuple[str, str]]]] = field(
        default_factory=list
    )  # (entry) -> what stands on it
    closing_checks: list[Callable[[Any, dict[str, str]], Sequence[str]]] = field(
        default_factory=list
    )  # (month, red comments) -> reasons why it cannot be closed
    audit_filters: dict[str, Any] = field(
        default_factory=dict
    )  # subject -> (member) -> bool, or Q over AuditRow
    # What the audit log calls a field: key -> word in the reader's language
    field_words: dict[str, Any] = field(default_factory=dict)
    settings_pages: list[NavEntry] = field(
        default_factory=list
    )  # further pages that the settings page links to
    setup_steps: list[SetupStep] = field(default_factory=list)
    base_currency: Callable[[Asked], str] = field(default=lambda _asked: "JPY")  # of totals, for a question


registry = Registry()
