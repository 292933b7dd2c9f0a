"""Payers and members with a password; a test states only what matters."""

from payments.models import DatabaseClock, MerchantMember, Payer
from risk.actions import passwords
from risk.errors import PasswordLockedError, WrongPasswordError
from risk.models import PaymentPassword, PaymentToken
from risk.pins import PAYMENT, PasswordOwner, TokenBinding
from tests.factories.payments import MemberFactory
from tests.factories.risk import PayerFactory
from tests.instants import NOON

PIN = "271828"
OTHER_PIN = "314159"
WRONG_PIN = "161803"
ADDRESS = "203.0.113.7"

ONE_PAYMENT = TokenBinding(
    deed=PAYMENT, subject="pay_1", amount_minor=10_000, currency="CNY", payees=("mer_1", "mer_2")
)


def payers_password(*, pin: str = PIN) -> PasswordOwner:
    """Take in a payer who has set a password, and return them as its owner."""
    payer: Payer = PayerFactory()
    return set_password(PasswordOwner.payer(payer.pk), pin=pin)


def members_password(member: MerchantMember | None = None, *, pin: str = PIN) -> PasswordOwner:
    """Let a member set a settlement password, and return them as its owner."""
    member = member or MemberFactory()
    return set_password(PasswordOwner.member(member.pk), pin=pin)


def set_password(owner: PasswordOwner, *, pin: str = PIN) -> PasswordOwner:
    """Set the owner's first password at noon, and return the owner."""
    passwords.set_password(owner=owner, pin=pin, actor=owner.reference, client_ip=ADDRESS, at=NOON)
    return owner


def password_of(owner: PasswordOwner) -> PaymentPassword:
    """Return the owner's row as it is now."""
    return PaymentPassword.objects.get(owner_kind=owner.kind, owner_id=owner.id)


def typed(owner: PasswordOwner, pin: str = PIN, *, binding: TokenBinding = ONE_PAYMENT) -> str:
    """Let the owner type a PIN for one payment at noon; return the token."""
    return passwords.verify_pin(owner=owner, pin=pin, binding=binding, client_ip=ADDRESS, at=NOON)


def guessed_wrong(owner: PasswordOwner, *, times: int) -> None:
    """Type a wrong PIN so many times, whatever comes of it."""
    for _ in range(times):
        try:
            typed(owner, WRONG_PIN)
        except (WrongPasswordError, PasswordLockedError):
            continue


def lock_runs_out(owner: PasswordOwner) -> None:
    """Let the machine's clock pass the end of the owner's lock."""
    PaymentPassword.objects.filter(owner_kind=owner.kind, owner_id=owner.id).exclude(
        locked_until=None
    ).update(locked_until=DatabaseClock())


def tokens_of(owner: PasswordOwner) -> list[PaymentToken]:
    """Return the owner's tokens, the newest first."""
    return list(
        PaymentToken.objects.filter(password__owner_kind=owner.kind, password__owner_id=owner.id)
    )
