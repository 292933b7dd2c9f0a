"""What the channels have not paid in yet, or have paid back beyond what they took."""

from payments.simulator.alipay import settlements as alipay_settlements
from payments.simulator.day_sums import DaySum
from payments.simulator.store import Store
from payments.simulator.unionpay import settlements as unionpay_settlements
from payments.simulator.wechatpay import settlements as wechatpay_settlements

_NO_END = "9999-12-31"


def owed_minor(store: Store, account_no: str) -> int:
    """Add up all days that are not booked at a bank account; below zero the shop owes them."""
    total = DaySum()
    for days in (alipay_settlements.DAYS, wechatpay_settlements.DAYS, unionpay_settlements.DAYS):
        for day in store.rows(days, account_no, _NO_END):
            total.add(day)
    return total.net_minor
