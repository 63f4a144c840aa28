"""Forms of logging in (allauth's, in our words) and of the pages about people."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as second
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from banso_web.core.days import DayField
from banso_web.core.registry import registry
from banso_web.members.actions import SCOPES
from banso_web.members.models import Member, Role

PASSWORD_HELP = _("12文字以上にしてください。よく使われるもの、氏名やメールアドレスに似たものは使えません。")
JOB_CHOICES = [
    ("member", _("CS担当")),
    ("manager", _("CSマネージャー")),
    ("ops", _("CS Ops")),
    ("support", _("サポート")),
    ("sales", _("営業")),
    ("product", _("プロダクト")),
    ("executive", _("経営")),
    ("hr", _("人事")),
    ("partner", _("パートナー")),
]
SCOPE_WORDS = {
    "read": _("読む"),
    "write": _("書く"),
    "import": _("取り込む"),
    "metrics": _("指標を読む"),
    "admin": _("設定を変える"),
}


def _plain(field: forms.Field, label: Any, *, help_text: Any = "") -> None:
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


def _password(label: Any, *, new: bool = True, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, widget=widget, strip=False, help_text=help_text)


# --- allauth's forms -----------------------------------------------------------------------------------------------
class LoginForm(account.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["login"], _("メールアドレス"))
        _plain(self.fields["password"], _("パスワード"))
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "autofocus": True})


class ChangePasswordForm(account.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["oldpassword"], _("今のパスワード"))
        _plain(self.fields["password1"], _("新しいパスワード"), help_text=PASSWORD_HELP)
        _plain(self.fields["password2"], _("新しいパスワード(確認)"))


class ReauthenticateForm(account.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["password"], _("パスワード"))


class AuthenticateForm(second.AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self.fields["code"], _("認証コード"), help_text=_("認証アプリの6桁の数字、または回復コードです。")
        )
        self.fields["code"].widget.attrs.update({"autofocus": True, "inputmode": "numeric"})


class ReauthenticateCodeForm(second.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["code"], _("認証コード"))


class ActivateTOTPForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["code"], _("認証コード"), help_text=_("認証アプリに出ている6桁の数字です。"))


class AddWebAuthnForm(passkeys.AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["name"], _("名前"), help_text=_("どの端末のものかわかる名前にします。"))
        _plain(
            self.fields["passwordless"],
            _("パスワードなしのログインにも使う"),
            help_text=_("端末の指紋、顔、暗証番号での確認が必要です。"),
        )
        self.fields["passwordless"].initial = True


class EditWebAuthnForm(passkeys.EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields["name"], _("名前"))


# --- our own ------------------------------------------------------------------------------------------------------------
class TwicePassword(forms.Form):
    """A new password, typed twice. The validators run in the action."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"] = _password(_("パスワード"), help_text=PASSWORD_HELP)
        self.fields["password2"] = _password(_("パスワード(確認)"))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("password1") and found.get("password2") and found["password1"] != found["password2"]:
            self.add_error("password2", _("二つのパスワードが違います。"))
        return found


class SetupForm(TwicePassword):
    organisation = forms.CharField(label=_("会社名"), max_length=200)
    name = forms.CharField(
        label=_("あなたの氏名"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("メールアドレス"),
        help_text=_("ログインに使います。"),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class JoinForm(TwicePassword):
    name = forms.CharField(
        label=_("氏名"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class ResetForm(forms.Form):
    email = forms.EmailField(
        label=_("メールアドレス"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


def role_choices() -> list[tuple[str, str]]:
    """(key, name in the reader's language) of every role, in order."""
    english = get_language() == "en"
    return [
        (role.key, role.name_en if english else role.name_ja) for role in Role.objects.order_by("order", "pk")
    ]


class InviteForm(forms.Form):
    name = forms.CharField(label=_("氏名"), max_length=200)
    email = forms.EmailField(label=_("メールアドレス"))
    roles = forms.MultipleChoiceField(
        label=_("役割"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("いくつでも選べます。権限は合わせたものになります。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = role_choices()  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    name = forms.CharField(label=_("氏名"), max_length=200)
    email = forms.EmailField(label=_("メールアドレス"), required=False)
    job = forms.ChoiceField(
        label=_("職種"), choices=JOB_CHOICES, help_text=_("何をする人かです。できることは役割で決まります。")
    )
    manager_id = forms.ChoiceField(label=_("上長"), required=False)
    monthly_hours = forms.DecimalField(label=_("月の所定時間"), required=False)
    internal_share = forms.DecimalField(
        label=_("社内業務の割合"), required=False, help_text=_("0.3 は 30 % です。")
    )
    joined_on = DayField(label=_("入社日"), required=False)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Member.objects.filter(is_active=True).exclude(pk=member.pk).order_by("name", "pk")
        self.fields["manager_id"].choices = [("", "—"), *people.values_list("pk", "name")]  # type: ignore[attr-defined]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(label=_("役割"), widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = role_choices()  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    name_ja = forms.CharField(label=_("名前(日本語)"), max_length=60)
    name_en = forms.CharField(label=_("名前(英語)"), max_length=60)
    permissions = forms.MultipleChoiceField(
        label=_("権限"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permissions"].choices = list(registry.permissions.items())  # type: ignore[attr-defined]


class KeyForm(forms.Form):
    name = forms.CharField(label=_("用途"), max_length=80, help_text=_("何に使うかわかる名前にします。"))
    scopes = forms.MultipleChoiceField(
        label=_("範囲"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
    )
    days = forms.IntegerField(
        label=_("有効日数"),
        required=False,
        initial=365,
        min_value=1,
        max_value=3650,
        help_text=_("空欄なら期限はありません。"),
    )
