"""Endpoints, one module a noun."""
