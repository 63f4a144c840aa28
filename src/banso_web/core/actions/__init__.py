"""Changes of what the frame itself keeps: saved views, closures, settings of a group."""
