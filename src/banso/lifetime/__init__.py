"""Lifetimes: survival curves, and models of how long customers stay and how often they buy."""
