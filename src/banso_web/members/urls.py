"""Pages about people. What stands under /login/ is in login_urls.py."""

from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.members.views import entering, inviting, people, profile, roles

urlpatterns: list[URLPattern] = [
    path("setup/", entering.setup, name="setup"),
    path("me/", profile.profile, name="profile"),
    path("me/keys/", profile.new_key, name="api_key_new"),
    path("me/keys/<int:key_id>/revoke/", profile.revoke, name="api_key_revoke"),
    path("me/sessions/end/", profile.end_session, name="session_end"),
    path("members/", people.members, name="members"),
    path("members/<int:member_id>/", people.member, name="member"),
    path("members/<int:member_id>/edit/", people.edit, name="member_edit"),
    path("members/<int:member_id>/roles/", people.roles, name="member_roles"),
    path("members/<int:member_id>/activity/", people.activity, name="member_activity"),
    path("members/<int:member_id>/reset-link/", people.reset_link, name="member_reset_link"),
    path("members/invitations/", inviting.invitations, name="invitations"),
    path("members/invitations/<int:invitation_id>/withdraw/", inviting.withdraw, name="invitation_withdraw"),
    path("settings/roles/", roles.roles, name="roles"),
    path("settings/roles/new/", roles.new_role, name="role_new"),
    path("settings/roles/<int:role_id>/", roles.role, name="role"),
    path("settings/roles/<int:role_id>/delete/", roles.delete, name="role_delete"),
]
