"""What pages call engines, targets and times, and why a read did not go through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

ENGINES: dict[str, Any] = {
    "postgres": _("PostgreSQL"),
    "duckdb": _("DuckDB のファイル"),
    "parquet": _("Parquet のフォルダー"),
    "bigquery": _("BigQuery"),
    "snowflake": _("Snowflake"),
}
TARGETS: dict[str, Any] = {
    "events": _("利用イベント(1行が1つの操作)"),
    "usage_daily": _("日次利用(1行が1日の集計)"),
}
EVERY: dict[int, Any] = {
    0: _("手動だけ"),
    5: _("5分ごと"),
    15: _("15分ごと"),
    60: _("1時間ごと"),
    1440: _("毎日 4時"),
}
ZONES: dict[str, Any] = {"Asia/Tokyo": _("日本時間"), "UTC": _("UTC")}
STATES: dict[str, Any] = {
    "running": _("読んでいます"),
    "done": _("終わりました"),
    "failed": _("読めませんでした"),
}
PROBLEMS: dict[str, Any] = {
    "no_driver": _("%(package)s が入っていません。サーバーで pip install %(package)s を実行し、Banso を再起動してください。"),
    "host_not_allowed": _("%(host)s には接続できません。サーバーの管理者が BANSO_READ_HOSTS に書いたホストだけを読みます(書いていなければ、このサーバー自身とリンクローカルを除くすべて)。"),
    "unknown_host": _("%(host)s という名前のホストが見つかりません。"),
    "bad_port": _("ポート番号ではありません: %(port)s"),
    "cannot_connect": _("データベースに接続できません: %(text)s"),
    "cut_off": _("データベースとの接続が切れました: %(text)s"),
    "no_table": _("表がないか、見る権限がありません: %(table)s %(text)s"),
    "no_column": _("表に列がありません: %(columns)s。列の名前が変わったなら、読み方を直してください。"),
    "no_right": _("読む権限がありません: %(text)s"),
    "too_long": _("%(seconds)s 秒で終わりませんでした。カーソルの列に索引があるか確かめてください。"),
    "refused": _("データベースが断りました: %(text)s"),
    "no_folder": _("ファイルを読むには、サーバーの管理者が BANSO_READ_FOLDER にフォルダーを指定する必要があります。"),
    "no_file": _("BANSO_READ_FOLDER の下に %(path)s がありません。"),
    "outside_folder": _("%(path)s は BANSO_READ_FOLDER の外にあります。"),
    "no_parquet": _("%(path)s に .parquet のファイルがありません。"),
    "too_many_files": _("ファイルが多すぎます(上限 %(limit)s)。フォルダーを分けてください。"),
    "locked": _("%(path)s をほかのプログラムが書き込み用に開いています。閉じてから、もう一度読みます。閉じられないときは、Parquet に書き出したフォルダーを読んでください。"),
    "newer_file": _("%(path)s は、この Banso の DuckDB(%(engine)s)より新しい形式です。DuckDB を上げるか、古い形式か Parquet で書き出してください。"),
    "broken_file": _("%(path)s を読めません。書きかけか、壊れています: %(text)s"),
    "bad_cursor": _("カーソルの列の型(%(type)s)は順に並びません。日時か、増えていく番号の列を選んでください。"),
    "bad_key_file": _("サービスアカウントの鍵(JSON)ではありません。Google Cloud から取った鍵のファイルの中身を、そのまま入れてください。"),
    "no_variable": _("環境変数 %(name)s がないか、BANSO_READ_ で始まっていません。"),
    "secret_lost": _("Banso の秘密鍵が変わったため、保存したパスワードを使えません。接続の欄で入れ直してください。"),
    "not_safe": _("イベントをディスクに書けませんでした。空きを確かめてください。次に読むとき、続きから入ります。"),
    "no_room": _("取り込みを待つイベントが多すぎるか、ディスクの空きが足りません。次に読むとき、続きから入ります。"),
    "import_failed": _("取り込めませんでした: %(text)s"),
    "overtaken": _("時間がかかりすぎたため、次の読み込みに引き継ぎました。入った行が2回数えられることはありません。"),
    "killed": _("途中で止まりました(サーバーの再起動など)。次に読むとき、続きから入ります。"),
    "unexpected": _("思いがけない失敗です。サーバーの記録を見てください。次に読むとき、続きから入ります。"),
}  # fmt: skip


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def problem_text(problem: Mapping[str, str]) -> str:
    """Why it did not go through, in the reader's language; "" where it did."""
    code = problem.get("code", "")
    return str(PROBLEMS[code]) % _Blank(problem) if code in PROBLEMS else code
