"""Log-in settings: allauth with e-mail and password, TOTP, passkeys and OpenID Connect; mail; the shared cache."""

from __future__ import annotations

from typing import Any

from banso_web.config.env import outside
from banso_web.config.mail import mail_settings

_GIVEN = outside()

# --- allauth: e-mail and password, nobody signs up by themselves -----------------------------------------------------
ACCOUNT_ADAPTER = "banso_web.members.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True  # how long a log-in lasts is the idle time the organisation sets
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "5/5m/key,30/h/key,50/5m/ip",
    "reset_password": "20/m/ip,5/h/key",
}
ACCOUNT_FORMS = {
    "login": "banso_web.members.forms.LoginForm",
    "change_password": "banso_web.members.forms.ChangePasswordForm",
    "reauthenticate": "banso_web.members.forms.ReauthenticateForm",
}
# How many proxies of our own stand before the web process: the caller's address is taken from X-Forwarded-For only then.
ALLAUTH_TRUSTED_PROXY_COUNT = int(_GIVEN.get("BANSO_TRUSTED_PROXIES") or 0)

# --- second factors -----------------------------------------------------------------------------------------------------
MFA_ADAPTER = "banso_web.members.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "banso_web.members.forms.AuthenticateForm",
    "reauthenticate": "banso_web.members.forms.ReauthenticateCodeForm",
    "activate_totp": "banso_web.members.forms.ActivateTOTPForm",
    "add_webauthn": "banso_web.members.forms.AddWebAuthnForm",
    "edit_webauthn": "banso_web.members.forms.EditWebAuthnForm",
}
USERSESSIONS_TRACK_ACTIVITY = False  # our middleware notes it, at most once a minute

# --- OpenID Connect: one provider, by environment -----------------------------------------------------------------------
OIDC_ISSUER = _GIVEN.get("BANSO_OIDC_ISSUER", "").rstrip("/")
OIDC_NAME = _GIVEN.get("BANSO_OIDC_NAME") or "OpenID Connect"
OIDC_ENFORCE = bool(OIDC_ISSUER) and _GIVEN.get("BANSO_OIDC_ENFORCE", "") in ("1", "true", "yes", "on")
SOCIALACCOUNT_ADAPTER = "banso_web.members.adapters.SocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link, not a form: the page's policy lets no form leave for another host
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": []}}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"].append(
        {
            "provider_id": "sso",
            "name": OIDC_NAME,
            "client_id": _GIVEN.get("BANSO_OIDC_CLIENT_ID", ""),
            "secret": _GIVEN.get("BANSO_OIDC_CLIENT_SECRET", ""),
            "settings": {"server_url": OIDC_ISSUER},
        }
    )

# --- shared by every process: rate limits and lock-outs hold whichever worker answers -----------------------------------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "banso_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # a flood of made-up addresses must not push a lock-out out
    },
    "local": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "banso",
    },  # results, per process
}

# --- mail: into the outbox folder unless BANSO_SMTP_URL is given --------------------------------------------------------
DEFAULT_FROM_EMAIL = _GIVEN.get("BANSO_MAIL_FROM") or "banso@localhost"
globals().update(mail_settings(_GIVEN.get("BANSO_SMTP_URL", "")))
