"""`Money`: an exact decimal in one currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from banso.money.currencies import exponent
from banso.money.reasons import MoneyError, MoneyReason

__all__ = ["Money", "MoneyError", "MoneyReason", "Number", "decimal_of", "round_half_up"]

Number = Decimal | int | str

# Products of two stored amounts stay exact in this many digits; the default context of 28 could round them.
_DIGITS = 60


def decimal_of(value: Number) -> Decimal:
    """An exact, finite Decimal. Floats are refused: 0.1 has no exact binary form and would enter as another number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise MoneyError(MoneyReason.NOT_A_NUMBER, value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise MoneyError(MoneyReason.NOT_A_NUMBER, value) from None
    if not number.is_finite():
        raise MoneyError(MoneyReason.NOT_A_NUMBER, value)
    return number


def round_half_up(amount: Decimal, decimals: int) -> Decimal:
    """四捨五入 to so many decimals; halves go away from zero, so a reversal rounds to the exact opposite."""
    with localcontext() as context:
        context.prec = _DIGITS
        return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217, upper case). Never rounded by arithmetic, only by `round_display`."""

    amount: Decimal
    currency: str = "JPY"

    def __post_init__(self) -> None:
        exponent(self.currency)
        object.__setattr__(self, "amount", decimal_of(self.amount))

    @classmethod
    def of(cls, amount: Number, currency: str = "JPY") -> Money:
        """Money from a Decimal, an int or a plain number text ("1200.50"); MoneyError for anything else."""
        return cls(decimal_of(amount), currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise MoneyError(MoneyReason.CURRENCIES_DIFFER, f"{self.currency}, {other.currency}")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        with localcontext() as context:
            context.prec = _DIGITS
            return Money(self.amount * decimal_of(factor), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def round_display(self) -> Money:
        """The amount as it is printed: half up to the currency's exponent (JPY 0, USD 2)."""
        return Money(round_half_up(self.amount, exponent(self.currency)), self.currency)
