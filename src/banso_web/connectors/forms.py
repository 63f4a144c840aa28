"""Forms of a table: how it is reached, by engine, and what its columns mean, by target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from banso_web.connectors.actions import Connection, Reading, needed
from banso_web.connectors.words import EVERY, TARGETS, ZONES
from banso_web.ingest.readers.canonical import FILES

# engine: its options; `secret` and `secret_env` stand where it has a password, `table` where it has tables.
OPTIONS: dict[str, tuple[str, ...]] = {
    "postgres": ("host", "port", "database", "user", "sslmode"),
    "duckdb": ("path",),
    "parquet": ("path",),
    "bigquery": ("project",),
    "snowflake": ("account", "user", "warehouse", "database", "schema"),
}
WITH_SECRET = ("postgres", "bigquery", "snowflake")
NEEDED = ("host", "database", "user", "path", "account")
LABELS: dict[str, Any] = {
    "host": _("ホスト"),
    "port": _("ポート"),
    "database": _("データベース"),
    "user": _("ユーザー"),
    "path": _("BANSO_READ_FOLDER からのパス"),
    "project": _("プロジェクト"),
    "account": _("アカウント"),
    "warehouse": _("ウェアハウス"),
    "schema": _("スキーマ"),
}
#: Columns of events that a table's own columns are seldom: they are left to files.
LEFT_OUT = frozenset({"type", "previous_id", "properties", "traits", "context"})


class ConnectionForm(forms.Form):
    """How a table is reached. `kept`: a password stands already."""

    def __init__(self, engine: str, *args: Any, kept: bool = False, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.engine = engine
        for name in OPTIONS[engine]:
            self.fields[name] = _option(name)
        if engine in WITH_SECRET:
            key = engine == "bigquery"
            self.fields["secret"] = forms.CharField(
                label=_("サービスアカウントの鍵(JSON)") if key else _("パスワード"),
                required=False,
                max_length=10_000,
                strip=key,
                widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}) if key
                else forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                help_text=_("空にすると、保存したものを使います。") if kept
                else _("暗号化して保存します。画面と監査ログには出ません。"),
            )  # fmt: skip
            self.fields["secret_env"] = forms.CharField(
                label=_("パスワードの環境変数"),
                required=False,
                max_length=80,
                help_text=_("保存せずに、サーバーの環境変数から読むときの名前。BANSO_READ_ で始めます。"),
            )
        if engine != "parquet":
            self.fields["table"] = forms.CharField(
                label=_("表"),
                max_length=200,
                help_text=_("「表」か「スキーマ.表」。読むだけのビューを作ると安全です。"),
            )

    def given(self) -> Connection:
        data = self.cleaned_data
        names = [*OPTIONS[self.engine], "secret_env"]
        options = {name: str(data[name]) for name in names if data.get(name)}
        return Connection(self.engine, options, data.get("table", ""), data.get("secret", ""))


def _option(name: str) -> forms.Field:
    if name == "sslmode":
        modes = [
            ("", _("できれば暗号化")),
            ("require", _("必ず暗号化")),
            ("verify-full", _("必ず暗号化し、証明書も確かめる")),
        ]
        return forms.ChoiceField(label=_("通信の暗号化"), choices=modes, required=False)
    return forms.CharField(label=LABELS[name], max_length=300, required=name in NEEDED)


class NewTableForm(ConnectionForm):
    """A new source as well: its name, and what its rows become."""

    name = forms.CharField(label=_("名前"), max_length=100, help_text=_("例: 勤怠DBの操作ログ"))
    target = forms.ChoiceField(
        label=_("読んだ行"), choices=list(TARGETS.items()), widget=forms.RadioSelect, initial="events"
    )


class ReadingForm(forms.Form):
    """What the columns mean. Each field takes a column's name, or a fixed text behind "="."""

    def __init__(self, target: str, found: Sequence[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        japanese = (get_language() or "ja").startswith("ja")
        self.keys = [one.key for one in FILES[target].columns if one.key not in LEFT_OUT]
        for one in FILES[target].columns:
            if one.key in LEFT_OUT:
                continue
            self.fields[one.key] = forms.CharField(
                label=one.ja if japanese else one.en,
                required=one.key in needed(target),
                max_length=200,
                widget=forms.TextInput(attrs={"list": "table-columns", "autocomplete": "off"}),
            )
        if target == "events":
            self.fields["message_id"].help_text = _("行の主キー。空なら、行の内容から同じ行を見分けます。")
            self.fields["further"] = forms.CharField(
                label=_("イベントの内容に残す列"),
                required=False,
                max_length=2_000,
                help_text=_("カンマで区切ります。"),
            )
        self.fields["cursor"] = forms.ChoiceField(
            label=_("カーソルの列"),
            choices=[("", _("選んでください")), *((name, name) for name in found)],
            help_text=_(
                "新しい行ほど大きくなる列(更新日時か連番)。前に読んだ値より後の行だけを読みます。空の行は読みません。"
            ),
        )
        self.fields["overlap"] = forms.IntegerField(
            label=_("重ねて読む幅"),
            min_value=0,
            max_value=1_000_000,
            initial=10,
            help_text=_(
                "遅れて入る行のために、前の位置から戻って読む幅。日時の列なら分、日付なら日、番号ならその数。重なった行は二重に数えません。"
            ),
        )
        self.fields["zone"] = forms.ChoiceField(
            label=_("時差のない日時"), choices=list(ZONES.items()), initial="Asia/Tokyo"
        )
        self.fields["every"] = forms.TypedChoiceField(
            label=_("読む間隔"), choices=list(EVERY.items()), coerce=int, initial=60
        )

    def given(self) -> Reading:
        data = self.cleaned_data
        return Reading(
            {key: data[key] for key in self.keys},
            data.get("further", "").split(","),
            data["cursor"],
            data["overlap"],
            data["zone"],
            data["every"],
        )
