"""Signals, scorecards and readings: what is stored of a customer's health (docs/decisions/0011)."""
