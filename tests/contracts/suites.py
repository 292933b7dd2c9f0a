"""Which counterpart runs which suite: a table, which the registry is held against."""

from payments.channels import base
from tests.contracts.counterparts import CHANNELS

EVERYBODY = tuple(sorted(CHANNELS))
ALIPAY = ("alipay", "alipay_certificates")
WECHATPAY = ("wechatpay", "wechatpay_certificates")

SUITES = {
    "channels": EVERYBODY,
    "closing": EVERYBODY,
    "refunding": EVERYBODY,
    "notifying": EVERYBODY,
    "outcomes": EVERYBODY,
    "scenes": EVERYBODY,
    "authorising": (*ALIPAY, "unionpay"),
    # By Alipay's key mode nothing can be sent: its adapter says so, before anything leaves.
    "transferring": (*ALIPAY, *WECHATPAY),
    "calling_back": WECHATPAY,
    "billing": EVERYBODY,
    "echoing": WECHATPAY,
}
"""The suites by the names of their modules, and who runs them."""

PROTOCOLS = {
    "authorising": base.AuthorisingChannel,
    "transferring": base.TransferChannel,
    "calling_back": base.CancellableTransfers,
    "billing": base.BillingChannel,
    "echoing": base.EchoingChannel,
}
"""What an adapter offers if it runs a suite."""

OPERATIONS_OF = {
    "authorising": {"capture", "query_capture", "void", "query_void"},
    "calling_back": {"cancel_transfer"},
    "billing": {"fetch_bill"},
    "echoing": {"echo"},
}
"""The rows of the fault matrix that belong to a suite."""

UNTRIED = {"AbnormalRefunds": "tests/payments/channels/wechatpay/test_wechatpay_abnormal.py"}
"""Protocols of one channel alone, and where they are tried."""
