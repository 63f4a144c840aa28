"""What connectors says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import registry

for _key, _word in {
    "columns": _("列の対応づけ"),
    "further": _("イベントの内容に残す列"),
    "cursor": _("カーソルの列"),
    "overlap": _("重ねて読む幅"),
    "zone": _("時差のない日時"),
    "every": _("読む間隔"),
    "host": _("ホスト"),
    "port": _("ポート"),
    "database": _("データベース"),
    "path": _("BANSO_READ_FOLDER からのパス"),
    "table": _("表"),
    "sslmode": _("通信の暗号化"),
    "secret_env": _("パスワードの環境変数"),
    "project": _("プロジェクト"),
    "warehouse": _("ウェアハウス"),
    "schema": _("スキーマ"),
}.items():
    registry.field_words.setdefault(_key, _word)
