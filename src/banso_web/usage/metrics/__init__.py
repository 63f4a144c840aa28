"""Metrics that rest on use."""
