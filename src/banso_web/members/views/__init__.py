"""Pages about people: coming in, one's own account, members, invitations, roles."""
