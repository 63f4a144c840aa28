"""Queries of the frame itself."""
