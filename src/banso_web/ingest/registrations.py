"""What ingest says of itself when Django starts: it finds the handlers that apps declare in their `imports.py`."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import NavEntry, PaletteAct, registry
from banso_web.ingest import standing as standing
from banso_web.ingest import withdrawing as withdrawing  # its step comes before the apps' own
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.schema import Column

autodiscover_modules("imports")


def _column_word(column: Column) -> Any:
    return lazy(lambda: column.en if (get_language() or "ja").startswith("en") else column.ja, str)()


for _schema in FILES.values():
    for _column in _schema.columns:
        registry.field_words.setdefault(_column.key, _column_word(_column))
registry.nav.append(
    NavEntry(
        "imports",
        _("取込"),
        "imports",
        "import",
        group="data",
        order=800,
        permission="import.run",
        reading="とりこみ インポート アップロード",
    )
)
registry.acts.append(
    PaletteAct(
        "import-new",
        _("ファイルを取り込む"),
        "import_new",
        permission="import.run",
        reading="とりこむ ふぁいる csv excel",
    )
)
