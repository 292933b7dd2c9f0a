"""What may be agreed on anew: a fee plan's next version, a merchant's terms, an account's limits.

Pure values: each knows of which kind and about what it is, and reads itself back from what was
shown to the people who decide.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from ledger.errors import AmountError
from ledger.money import BPS_PER_WHOLE
from payments.calendar import parse_cycle
from payments.parked_states import LateMoney
from payments.pricing import FeeTerms

RESERVE_DAYS_MAX = 3_650
"""Ten years: nobody means a longer reserve."""


@dataclass(frozen=True, slots=True)
class FeePlanTerms:
    """The next version of the plan `plan_id`, or, by another `name`, a new plan made from it.

    Amounts are minor units of the plan's own currency. With `moves_merchants` all merchants who
    are on another version of the plan are put on this one. Raises AmountError for nonsense.
    """

    kind: ClassVar[str] = "fee_plan"
    object_type: ClassVar[str] = "fee_plan"

    plan_id: str
    name: str
    fee_bps: int
    fixed_minor: int
    minimum_minor: int
    maximum_minor: int | None
    payout_fee_minor: int
    vat_bps: int
    refund_policy: str
    moves_merchants: bool

    def __post_init__(self) -> None:
        """Refuse fees that nobody can mean."""
        FeeTerms(
            bps=self.fee_bps,
            fixed_minor=self.fixed_minor,
            minimum_minor=self.minimum_minor,
            maximum_minor=self.maximum_minor,
        )
        if self.payout_fee_minor < 0 or not 0 <= self.vat_bps <= BPS_PER_WHOLE:
            raise AmountError

    @property
    def object_id(self) -> str:
        """Return the version that it follows."""
        return self.plan_id

    def values(self) -> dict[str, Any]:
        """Return the terms by name, without what they are about."""
        return _without(asdict(self), "plan_id")


@dataclass(frozen=True, slots=True)
class MerchantTerms:
    """On which version of a plan a merchant is, and when their money becomes available.

    `settlement_cycle` is T+N or D+N. `late_money` says what becomes of money that comes after its
    payment was closed (`payments.parked_states.LateMoney`). Raises InvalidCycleError, or ValueError
    for another word than those.
    """

    kind: ClassVar[str] = "merchant_terms"
    object_type: ClassVar[str] = "merchant"

    merchant_id: str
    fee_plan_id: str
    settlement_cycle: str
    late_money: str = LateMoney.ASK

    def __post_init__(self) -> None:
        """Write the cycle as it is kept."""
        object.__setattr__(self, "late_money", LateMoney(self.late_money).value)
        object.__setattr__(self, "settlement_cycle", str(parse_cycle(self.settlement_cycle)))

    @property
    def object_id(self) -> str:
        """Return the merchant."""
        return self.merchant_id

    def values(self) -> dict[str, Any]:
        """Return the terms by name, without what they are about."""
        return _without(asdict(self), "merchant_id")


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What a merchant's money of one currency may be used for, and how far they may owe.

    Of each payment's net `reserve_bps` are kept back for `reserve_days` calendar days; 0 and 0 for
    no reserve. Raises AmountError for terms that nobody can mean.
    """

    kind: ClassVar[str] = "account_terms"
    object_type: ClassVar[str] = "merchant"

    merchant_id: str
    currency: str
    advance_limit_minor: int
    is_reserve_for_refunds: bool
    reserve_bps: int
    reserve_days: int

    def __post_init__(self) -> None:
        """Refuse a limit or a reserve that nobody can mean."""
        if self.advance_limit_minor < 0 or not 0 <= self.reserve_bps <= BPS_PER_WHOLE:
            raise AmountError
        if not 0 <= self.reserve_days <= RESERVE_DAYS_MAX or (
            self.reserve_bps and not self.reserve_days
        ):
            raise AmountError

    @property
    def object_id(self) -> str:
        """Return the merchant: of one at a time, money of one currency gets other terms."""
        return self.merchant_id

    def values(self) -> dict[str, Any]:
        """Return the terms by name, without what they are about."""
        return _without(asdict(self), "merchant_id")


Terms = FeePlanTerms | MerchantTerms | AccountTerms

_OF_KIND: Mapping[str, tuple[type[Terms], str]] = {
    FeePlanTerms.kind: (FeePlanTerms, "plan_id"),
    MerchantTerms.kind: (MerchantTerms, "merchant_id"),
    AccountTerms.kind: (AccountTerms, "merchant_id"),
}
KINDS = tuple(_OF_KIND)
"""The kinds of requests about terms."""


def terms_of(kind: str, object_id: str, payload: Mapping[str, Any]) -> Terms:
    """Read terms back from what was shown, by the kind of its request."""
    made, subject = _OF_KIND[kind]
    names = [field.name for field in fields(made) if field.name != subject]
    # A request from before a term existed does not name it; what is agreed to is compared anew.
    known = {name: payload[name] for name in names if name in payload}
    values: dict[str, Any] = {subject: object_id, **known}
    return made(**values)


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    values.pop(name)
    return values
