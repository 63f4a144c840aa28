"""`banso member …`: people at the console, where no log-in is needed. Every deed stands in the audit log as system."""

from __future__ import annotations

import json
from typing import Any

import click
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core import audit
from banso_web.core.errors import Refused
from banso_web.core.registry import registry
from banso_web.members.actions import (
    change_roles,
    deactivate,
    issue_entry_link,
    issue_reset,
    new_member,
    reactivate,
)
from banso_web.members.links import console_base, token_link
from banso_web.members.models import Member, Role


def _member(email: str) -> Member:
    found = (
        Member.objects.filter(email__iexact=email.strip()).first()
        or Member.objects.filter(code=email).first()
    )
    if found is None:
        raise click.ClickException(
            _("その人は見つかりません: %(who)s(メールアドレスか member_id で指定します)") % {"who": email}
        )
    return found


def _told(problem: Refused) -> click.ClickException:
    return click.ClickException(
        "\n".join([problem.message, *(f"  {k}: {v}" for k, v in problem.fields.items())])
    )


def _keys(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@click.group(help=gettext_lazy("メンバーを追加し、役割とパスワードを管理します。"))
def member() -> None:
    pass


@member.command("add", help=gettext_lazy("メンバーを追加し、パスワードを決めるリンクを表示します。"))
@click.argument("email")
@click.option("--name", required=True, help=gettext_lazy("氏名"))
@click.option(
    "--roles",
    default="member",
    show_default=True,
    help=gettext_lazy("役割(コンマ区切り)。一覧は banso member roles"),
)
def add(email: str, name: str, roles: str) -> None:
    wanted = list(Role.objects.filter(key__in=_keys(roles)))
    if len(wanted) != len(set(_keys(roles))):
        raise click.ClickException(
            _("知らない役割が含まれています。一覧は banso member roles で見られます。何も変えていません。")
        )
    try:
        with audit.through("command"), transaction.atomic():
            made = new_member(name, email, actor=None, roles=wanted)
            token = issue_reset(made, actor=None)
    except Refused as problem:
        raise _told(problem) from problem
    click.echo(
        _("%(name)s を追加しました。パスワードを決めるリンク(24時間、一度だけ):") % {"name": made.name}
    )
    click.echo(token_link(console_base(), "password_link", token))


@member.command("list", help=gettext_lazy("メンバーと役割を一覧にします。"))
@click.option("--json", "as_json", is_flag=True, help=gettext_lazy("JSON で出力します。"))
def list_members(as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "member_id": one.code,
            "name": one.name,
            "email": one.email,
            "roles": [role.key for role in one.roles.all()],
            "active": one.is_active,
            "last_login": one.last_login.isoformat() if one.last_login else None,
        }
        for one in Member.objects.prefetch_related("roles").order_by("name", "pk")
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = "" if row["active"] else _("(無効)")
        click.echo(
            f"{row['email'] or row['member_id']}\t{row['name']}\t{','.join(row['roles']) or '-'}{state}"
        )


@member.command(
    "roles", help=gettext_lazy("役割を一覧にします。EMAIL と --set を付けると、その人の役割を入れ替えます。")
)
@click.argument("email", required=False)
@click.option("--set", "wanted", default=None, help=gettext_lazy("新しい役割(コンマ区切り)"))
def roles(email: str | None, wanted: str | None) -> None:
    if email is None:
        for role in Role.objects.order_by("order", "pk"):
            click.echo(f"{role.key}\t{role.name_ja}\t{role.name_en}\t{','.join(role.permissions)}")
        return
    who = _member(email)
    if wanted is not None:
        try:
            with audit.through("command"):
                change_roles(who, _keys(wanted), actor=None)
        except Refused as problem:
            raise _told(problem) from problem
    click.echo(
        f"{who.email or who.code}\t{','.join(who.roles.order_by('order').values_list('key', flat=True)) or '-'}"
    )


@member.command("reset-password", help=gettext_lazy("パスワードを決め直すリンクを表示します。"))
@click.argument("email")
def reset_password(email: str) -> None:
    who = _member(email)
    if not who.is_active:
        raise click.ClickException(
            _("この人は無効になっています。先に banso member enable を実行してください。")
        )
    with audit.through("command"):
        token = issue_reset(who, actor=None)
    click.echo(_("%(name)s のパスワードを決めるリンク(24時間、一度だけ):") % {"name": who.name})
    click.echo(token_link(console_base(), "password_link", token))


@member.command(
    "break-glass",
    help=gettext_lazy("OpenID Connect が使えないときに、一度だけログインできるリンクを表示します。"),
)
@click.argument("email")
def break_glass(email: str) -> None:
    who = _member(email)
    if not who.is_active:
        raise click.ClickException(
            _("この人は無効になっています。先に banso member enable を実行してください。")
        )
    with audit.through("command"):
        token = issue_entry_link(who)
    click.echo(_("%(name)s としてログインするリンク(15分間、一度だけ):") % {"name": who.name})
    click.echo(token_link(console_base(), "entry_link", token))


@member.command("disable", help=gettext_lazy("ログインできないようにし、開いているログインを終わらせます。"))
@click.argument("email")
@click.option("--reason", default="", help=gettext_lazy("理由(監査ログに残ります)"))
def disable(email: str, reason: str) -> None:
    who = _member(email)
    try:
        with audit.through("command"):
            deactivate(who, actor=None, reason=reason)
    except Refused as problem:
        raise _told(problem) from problem
    click.echo(_("%(name)s を無効にしました。") % {"name": who.name})


@member.command("enable", help=gettext_lazy("もう一度ログインできるようにします。"))
@click.argument("email")
def enable(email: str) -> None:
    who = _member(email)
    with audit.through("command"):
        reactivate(who, actor=None)
    click.echo(_("%(name)s を有効にしました。") % {"name": who.name})


registry.commands.append(member)
