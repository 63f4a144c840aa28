"""What may be done to people, roles and keys: each with its permission, its write and its audit row."""

from banso_web.members.actions.inviting import (
    accept_invitation,
    invite,
    issue_entry_link,
    issue_reset,
    set_password_by_token,
    withdraw_invitation,
)
from banso_web.members.actions.keys import SCOPES, KeyHolder, create_key, find_key, revoke_key
from banso_web.members.actions.people import (
    change_roles,
    deactivate,
    edit_member,
    new_member,
    reactivate,
    set_manager,
)
from banso_web.members.actions.roles import create_role, delete_role, edit_role

__all__ = [
    "SCOPES",
    "KeyHolder",
    "accept_invitation",
    "change_roles",
    "create_key",
    "create_role",
    "deactivate",
    "delete_role",
    "edit_member",
    "edit_role",
    "find_key",
    "invite",
    "issue_entry_link",
    "issue_reset",
    "new_member",
    "reactivate",
    "revoke_key",
    "set_manager",
    "set_password_by_token",
    "withdraw_invitation",
]
