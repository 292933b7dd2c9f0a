"""The rows of taking money: merchants, payers, payments, channels, lines, events."""

from payments.models.authorisations import Authorisation, Capture, CaptureShare, Void
from payments.models.balance_transactions import BalanceTransaction, LineKind
from payments.models.calendar import BusinessDay
from payments.models.channel_health import CallResult, ChannelCall, ChannelExamination
from payments.models.channel_keys import ChannelKeySet
from payments.models.channel_notifications import ChannelNotification, RefusedCount
from payments.models.channels import ChannelAccount, ChannelKind
from payments.models.credentials import ApiCredential, CredentialKind
from payments.models.events import Event
from payments.models.fees import FeePlan, RefundPolicy
from payments.models.idempotency import IdempotencyRecord
from payments.models.links import PaymentLink
from payments.models.manual_entries import (
    REASONS,
    ManualEntry,
    ManualEntryKind,
    ManualReason,
)
from payments.models.merchants import MemberRole, Merchant, MerchantAccount, MerchantMember
from payments.models.operations import ChannelOperation, DatabaseClock, OperationKind
from payments.models.parked import ParkedMoney
from payments.models.payer_sessions import PayerSession
from payments.models.payers import Payer
from payments.models.payments import (
    Capturing,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    PaymentMethod,
)
from payments.models.refund_remedies import RefundRemedy
from payments.models.refunds import Refund, RefundAllocation
from payments.models.reserves import ReserveHold, ReserveUse, ReserveUseKind
from payments.models.routing import MethodSwitch, RoutingRule
from payments.models.sending import ChannelBreaker, HoldCover, MaySend, SendingHold

__all__ = [
    "REASONS",
    "ApiCredential",
    "Authorisation",
    "BalanceTransaction",
    "BusinessDay",
    "CallResult",
    "Capture",
    "CaptureShare",
    "Capturing",
    "ChannelAccount",
    "ChannelBreaker",
    "ChannelCall",
    "ChannelExamination",
    "ChannelKeySet",
    "ChannelKind",
    "ChannelNotification",
    "ChannelOperation",
    "CredentialKind",
    "DatabaseClock",
    "Event",
    "FeePlan",
    "HoldCover",
    "IdempotencyRecord",
    "LineKind",
    "ManualEntry",
    "ManualEntryKind",
    "ManualReason",
    "MaySend",
    "MemberRole",
    "Merchant",
    "MerchantAccount",
    "MerchantMember",
    "MethodSwitch",
    "OperationKind",
    "ParkedMoney",
    "Payer",
    "PayerSession",
    "Payment",
    "PaymentAllocation",
    "PaymentAttempt",
    "PaymentLink",
    "PaymentMethod",
    "Refund",
    "RefundAllocation",
    "RefundPolicy",
    "RefundRemedy",
    "RefusedCount",
    "ReserveHold",
    "ReserveUse",
    "ReserveUseKind",
    "RoutingRule",
    "SendingHold",
    "Void",
]
