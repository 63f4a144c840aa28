"""Everything under /login/. Pages of allauth that Banso does not offer are named (allauth asks for the names) and 404."""

from __future__ import annotations

from typing import NoReturn

from allauth.account import views as account
from allauth.mfa.base import views as second
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.http import Http404, HttpRequest
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from banso_web.members.views import entering


def closed(request: HttpRequest, **parts: object) -> NoReturn:
    """A page that does not exist here."""
    raise Http404


local = entering.unless_enforced
urlpatterns: list[URLPattern] = [
    path("", local(account.login), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", local(entering.reset), name="account_reset_password"),
    path("password/link/", local(entering.password_link), name="password_link"),
    path("enter/", entering.enter, name="entry_link"),
    path("join/", entering.join, name="join"),
    path("second/", RedirectView.as_view(pattern_name="profile"), name="mfa_index"),
    path("second/code/", second.authenticate, name="mfa_authenticate"),
    path("second/confirm/", second.reauthenticate, name="mfa_reauthenticate"),
    path("second/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("second/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second/recovery/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second/recovery/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("second/recovery/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("passkeys/confirm/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("passkeys/<int:pk>/edit/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("passkeys/login/", local(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("oidc/<str:provider_id>/", entering.provider_answers(oidc.login), name="openid_connect_login"),
    path(
        "oidc/<str:provider_id>/callback/",
        entering.provider_answers(oidc.callback),
        name="openid_connect_callback",
    ),
    path("oidc-cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("oidc-error/", social.login_error, name="socialaccount_login_error"),
]
NOT_OFFERED = (
    "account_signup",
    "account_email",
    "account_email_verification_sent",
    "account_set_password",
    "account_confirm_login_code",
    "account_request_login_code",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "socialaccount_signup",
    "socialaccount_connections",
    "usersessions_list",
)
urlpatterns += [path(f"-/{name}/", closed, name=name) for name in NOT_OFFERED]
