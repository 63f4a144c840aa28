"""先方担当者 and departments by hand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.accounts.access import access_account, require_edit
from banso_web.accounts.actions import contacts as actions
from banso_web.accounts.actions.stating import Done, latest
from banso_web.accounts.reads.merged import accounts_of
from banso_web.accounts.reads.owners import account_of_department, department_names
from banso_web.core.errors import NotVisible
from banso_web.core.pages import page, reader
from banso_web.desk.forms import ContactForm, DepartmentForm, PresenceForm
from banso_web.desk.views.deeds import Deed, answer


def _departments(request: HttpRequest, account_id: int) -> list[str]:
    asked = request.asked  # type: ignore[attr-defined]
    return list(dict.fromkeys(department_names(accounts_of(asked, account_id)).values()))


@page("account.view", edits=True)
def add(request: HttpRequest, account_id: int) -> HttpResponse:
    """A new contact of a customer."""
    member = reader(request)
    account = access_account(member, account_id)
    if not member.may("contact.view"):
        raise NotVisible
    require_edit(member, account)
    form = ContactForm(request.POST or None)
    deed = Deed(
        _("先方担当者を登録"),
        _("登録する"),
        _("先方担当者を登録しました。"),
        draft=f"contact-new-{account_id}",
        context={"departments": _departments(request, account_id)},
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: actions.add_contact(account_id, form.values(), actor=member, times=form.times),
    )


@page("account.view", edits=True)
def edit(request: HttpRequest, contact_id: int) -> HttpResponse:
    """A contact's values from a day on."""
    member = reader(request)
    contact, account = actions.access_contact(member, contact_id)
    require_edit(member, account)
    initial = {
        name: getattr(contact, name) for name in ContactForm.OWN if name not in ("department", "roles")
    }
    initial["department"] = contact.department.name if contact.department else ""
    initial["roles"] = [key for key in contact.roles.split(";") if key]
    form = ContactForm(request.POST or None, initial=initial, seen=latest("contact", contact_id))
    deed = Deed(
        _("%(name)s さんを編集") % {"name": actions.label_of(contact)},
        _("変更を保存する"),
        draft=f"contact-{contact_id}",
        context={"departments": _departments(request, account.pk), "contact": contact},
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: actions.edit_contact(
            contact_id, form.values(), actor=member, times=form.times, seen=form.seen_entry
        ),
    )


@page("account.view", edits=True)
def presence(request: HttpRequest, contact_id: int) -> HttpResponse:
    """退職・異動 of somebody who is there, or the return of somebody who left."""
    member = reader(request)
    contact, account = actions.access_contact(member, contact_id)
    require_edit(member, account)
    gone = contact.status == "left"
    name = {"name": actions.label_of(contact)}
    form = PresenceForm(request.POST or None, seen=latest("contact", contact_id))
    deed = (
        Deed(_("%(name)s さんの復帰") % name, _("在籍中に戻す"), _("在籍中に戻しました。"))
        if gone
        else Deed(
            _("%(name)s さんの退職・異動") % name,
            _("在籍なしにする"),
            _("在籍なしにしました。"),
            _("関係者マップに「在籍なし」と表示します。これまでの接点や回答は残ります。"),
        )
    )
    act = actions.come_back if gone else actions.leave
    return answer(
        request,
        account,
        form,
        deed,
        lambda: act(contact_id, actor=member, times=form.times, seen=form.seen_entry),
    )


@page("account.view", edits=True)
def department_add(request: HttpRequest, account_id: int) -> HttpResponse:
    """A using department."""
    member = reader(request)
    account = access_account(member, account_id)
    require_edit(member, account)
    form = DepartmentForm(request.POST or None)
    deed = Deed(_("利用部署を登録"), _("登録する"), _("利用部署を登録しました。"), undoable=False)

    def act() -> Done:
        return actions.add_department(
            account_id, form.cleaned_data["name"], actor=member, reason=form.cleaned_data["reason"]
        )

    return answer(request, account, form, deed, act)


@page("account.view", edits=True)
def department_edit(request: HttpRequest, department_id: int) -> HttpResponse:
    """Another name for a department."""
    member = reader(request)
    found = account_of_department(department_id)
    if found is None:
        raise NotVisible
    account_id, name = found
    account = access_account(member, account_id)
    require_edit(member, account)
    form = DepartmentForm(request.POST or None, initial={"name": name}, seen=name)
    deed = Deed(_("部署の名前を変える"), _("変更を保存する"), _("部署の名前を変えました。"), undoable=False)

    def act() -> Done:
        return actions.rename_department(
            department_id,
            form.cleaned_data["name"],
            actor=member,
            seen=form.cleaned_data["seen"] or None,
            reason=form.cleaned_data["reason"],
        )

    return answer(request, account, form, deed, act)
