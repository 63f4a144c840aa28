"""`banso demo`: the sample company, made by the simulator and imported like anybody's files."""

from __future__ import annotations

import csv
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from banso.simulate import Plan, company, goes_on, usage, work
from banso_web.core import clock
from banso_web.core.models import Entry
from banso_web.members.actions.sample import enable_sample_member, give_sample_roles

SIGN_IN = "sample-sign-in.txt"
#: What the sample's product is made of; the last two are used by nobody yet.
SAMPLE_FEATURES: dict[str, dict[str, Any]] = {
    "apply": {"name": "申請", "core": True},
    "approve": {"name": "承認", "core": True},
    "bulk": {"name": "一括取込", "core": True, "instead": "apply", "at_least": 100},
    "report": {"name": "帳票出力", "core": True},
    "phone": {"name": "スマートフォン申請", "core": True},
    "link": {"name": "会計連携", "core": True},
}
EMAIL, MEMBER_EMAIL = "tanaka@sample.example", "tanto@sample.example"


def write_tables(tables: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path) -> list[Path]:
    """Each table as a CSV with its canonical name; empty tables are left out."""
    paths = []
    for name, rows in tables.items():
        if not rows:
            continue
        path = folder / f"{name}.csv"
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
        paths.append(path)
    return paths


def is_empty() -> bool:
    """Whether nothing was ever entered into this home."""
    return not Entry.objects.exclude(seq=None).exists()


def load_sample(say: Callable[[str], None], *, accounts: int = 160) -> None:
    """Put the sample company into an empty home; a home with data is left as it is."""
    if not is_empty():
        return
    from banso_web.health.actions.keeping import fill
    from banso_web.ingest import actions
    from banso_web.ingest.inputs import inputs_of
    from banso_web.usage.actions import detect
    from banso_web.usage.actions.features import save_feature

    say(_("サンプル会社を用意しています…"))
    plan = Plan(accounts=accounts, as_of=clock.today())
    made = company(plan)
    with tempfile.TemporaryDirectory() as name:
        used = usage(made, plan)
        rows = [*used.rows, *goes_on(made, used, plan)]
        write_tables({**made.tables, **work(made, plan), "usage_daily": rows}, Path(name))
        files, _aside = inputs_of(Path(name))
        run = actions.start_run(
            files, actor=None, label=_("サンプル会社"), known="effective", options={"sample": True}
        )
    run = actions.check_run(run)
    run = actions.confirm_run(run, actor=None)
    if run.entry is not None:
        Entry.objects.filter(pk=run.entry.pk).update(kind=Entry.Kind.SAMPLE)
    for code, values in SAMPLE_FEATURES.items():
        save_feature({**values, "rules": [{"name": values["name"]}]}, actor=None, code=code)
    detect(plan.as_of, actor=None)
    fill(days=7)
    say(_("サンプル会社を入れました。画面には「サンプル」と表示されます。取込の画面から元に戻せます。"))


def sample_sign_in() -> str:
    """The sample's log-ins (made once for this home, with random passwords) as lines for the console."""
    path: Path = settings.BANSO_HOME / SIGN_IN
    if not path.exists():
        lines = []
        for code, email, owner in (("M00", EMAIL, True), ("M01", MEMBER_EMAIL, False)):
            password = "-".join(secrets.token_hex(2) for _part in range(4))
            if enable_sample_member(code, email, password, owner=owner):
                lines.append(f"{email} {password}")
        if not lines:
            return ""
        give_sample_roles()
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", "ascii")
    told = (
        _("ログイン: %(email)s  パスワード: %(password)s"),
        _("CS担当としてログイン: %(email)s  パスワード: %(password)s"),
    )
    written = path.read_text("ascii").splitlines()
    pairs = [dict(zip(("email", "password"), line.split(), strict=True)) for line in written if line.strip()]
    return "\n".join(text % pair for text, pair in zip(told, pairs, strict=False))
