"""The simulator's own small money: minor units, their decimals, and the channel's fee."""

import re

# The simulator keeps its own table: a wrong exponent on our side must show here.
EXPONENTS = {"CNY": 2, "USD": 2, "EUR": 2, "BRL": 2, "HKD": 2, "JPY": 0}

_DIGITS = re.compile(r"(?a:\d+)(?:\.(?a:(\d+)))?")


def amount_text(minor: int, *, currency: str) -> str:
    """Write an amount with exactly the decimals of its currency: 1234 CNY is `12.34`."""
    exponent = EXPONENTS[currency]
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    if exponent == 0:
        return sign + digits
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"


def exact_minor(text: str, *, currency: str) -> int:
    """Read an amount that must carry exactly the decimals of its currency, as Alipay asks.

    Raises ValueError for anything else: signs, blanks, exponents, missing or further decimals.
    """
    match = _DIGITS.fullmatch(text)
    exponent = EXPONENTS[currency]
    if match is None or len(match.group(1) or "") != exponent:
        raise ValueError(f"not an amount with {exponent} decimals: {text}")
    return int(text.replace(".", ""))


def decimal_minor(text: str, *, currency: str) -> int:
    """Read an XML decimal that may leave out trailing zeros, as ISO 20022 allows.

    Raises ValueError for signs, exponents, or more decimals than the currency has.
    """
    match = _DIGITS.fullmatch(text)
    exponent = EXPONENTS[currency]
    decimals = "" if match is None else (match.group(1) or "").rstrip("0")
    if match is None or len(decimals) > exponent:
        raise ValueError(f"not an amount in {currency}: {text}")
    whole = text.split(".", maxsplit=1)[0]
    return int(whole + decimals.ljust(exponent, "0"))


def channel_fee_minor(amount_minor: int, *, fee_bps: int) -> int:
    """Price one trade: half a minor unit rounds up, and the fee never exceeds the amount."""
    return min(amount_minor, (amount_minor * fee_bps + 5_000) // 10_000)
