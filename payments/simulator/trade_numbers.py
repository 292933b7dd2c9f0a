"""The numbers that the simulated Alipay gives to trades and their buyers."""

import hashlib

from payments.simulator.clock import shanghai_date


def alipay_trade_no(trade_id: int, *, at_ms: int) -> str:
    """Make Alipay's own number of a trade."""
    # 28 digits beginning with the day, as Alipay's are.
    return f"{shanghai_date(at_ms):%Y%m%d}22001{trade_id:015d}"


def buyer_id(token: str) -> str:
    """Make the number of who scans a trade's code."""
    # Every buyer's number begins with 2088 and has 16 digits.
    spread = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big")
    return f"2088{spread % 10**12:012d}"
