"""Mail that people ask for. Sent by the worker, so that a page answers equally fast for known and unknown addresses."""

from __future__ import annotations

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _
from django_tasks import task

from banso_web.core import settings_store
from banso_web.members.actions.inviting import issue_reset
from banso_web.members.links import public_base, token_link
from banso_web.members.models import Member


@task()
def send_reset_mail(email: str, language: str) -> None:
    """Mail a reset link to an active member with this address; nothing happens for others. The token is made here, so it
    never stands in the job's row. Run twice, the second link replaces the first."""
    member = Member.objects.filter(email__iexact=email.strip(), is_active=True).first()
    base = public_base()
    if member is None or not member.email or not base:
        return
    link = token_link(base, "password_link", issue_reset(member, actor=None))
    with translation.override(language):
        send_mail(
            _("パスワードの再設定"),
            _(
                "%(name)s 様\n\n下のリンクを開いて、新しいパスワードを決めてください。リンクは24時間、一度だけ使えます。\n\n%(link)s\n\n心当たりがない場合は、何もしなければパスワードは変わりません。"
            )
            % {"name": member.name, "link": link},
            None,
            [member.email],
        )


def send_invitation_mail(name: str, email: str, link: str) -> None:
    """The invitation itself (the link was made by the page of the person who invites)."""
    organisation = settings_store.get("organisation.name")
    send_mail(
        _("Banso への招待"),
        _(
            "%(name)s 様\n\n%(organisation)s の Banso に招待されました。下のリンクを開いて、パスワードを決めてください。リンクは7日間、一度だけ使えます。\n\n%(link)s"
        )
        % {"name": name, "organisation": organisation or "Banso", "link": link},
        None,
        [email],
    )
