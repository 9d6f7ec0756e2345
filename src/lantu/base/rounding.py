"""Rounding of figures by GB/T 8170-2008 (数值修约规则): four down, six up, exactly five to the even digit.

It works on the decimal digits as written, so 4.15 becomes 4.2 although the nearest binary float lies below 4.15.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

Number = int | float | Decimal | str


def as_decimal(value: Number) -> Decimal:
    """The decimal number that a person would read: a float by its shortest text, never by its binary expansion."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, float):
        return Decimal(repr(float(value)))  # numpy's floats are floats, but say their type in repr
    return Decimal(value)


def round_half_even(value: Number, decimals: int = 0) -> Decimal:
    """Round once to `decimals` places (negative: tens, hundreds) by GB/T 8170-2008, 3.2.

    Examples:
        >>> round_half_even("2.5"), round_half_even("3.5"), round_half_even(4.15, 1), round_half_even("32.5")
        (Decimal('2'), Decimal('4'), Decimal('4.2'), Decimal('32'))
    """
    exact = as_decimal(value)
    digits = max(28, exact.adjusted() + max(decimals, 0) + 2)  # however long the number, it is rounded once
    with localcontext(prec=digits):
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
        if decimals < 0:
            rounded = rounded.quantize(Decimal(1))
    return abs(rounded) if rounded.is_zero() else rounded
