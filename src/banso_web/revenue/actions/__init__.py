"""Changes of revenue: each is permission, write and audit row."""
