"""How widely the product is used: of one customer or of all, from events or from files of daily use."""

from banso_web.usage.reads.adoption.accounts import AccountUse, Adoption, adoption
from banso_web.usage.reads.adoption.periods import MONTH

__all__ = ["MONTH", "AccountUse", "Adoption", "adoption"]
