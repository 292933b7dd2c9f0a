"""django-hordak's fastest documented way: a transaction, and its legs by `bulk_create`."""

import random
from collections.abc import Callable
from datetime import date

from django.db import transaction
from hordak.models import Account, Leg, Transaction
from moneyed import Money

from tests.benchmarks.contestants.spread import OWNERS

DAY = date(2026, 3, 5)


def prepare() -> None:
    """Make four accounts for each owner: money at the bank, two costs, money at the channel."""
    with transaction.atomic():
        for owner in range(OWNERS):
            for place, kind in enumerate(("AS", "EX", "EX", "AS")):
                Account.objects.create(name=_name(owner, place), type=kind, currencies=["CNY"])


def deed() -> Callable[[], None]:
    """Return what posts one transaction of four legs on the accounts of a random owner."""
    accounts = {account.name: account for account in Account.objects.all()}
    owners = [[accounts[_name(owner, place)] for place in range(4)] for owner in range(OWNERS)]

    def post() -> None:
        bank, charge, cost, channel = random.choice(owners)
        with transaction.atomic():
            one = Transaction.objects.create(date=DAY, description="channel settled")
            Leg.objects.bulk_create(
                [
                    Leg(transaction=one, account=bank, debit=Money("99.00", "CNY")),
                    Leg(transaction=one, account=charge, debit=Money("0.40", "CNY")),
                    Leg(transaction=one, account=cost, debit=Money("0.60", "CNY")),
                    Leg(transaction=one, account=channel, credit=Money("100.00", "CNY")),
                ]
            )

    return post


def _name(owner: int, place: int) -> str:
    return f"{owner} {place}"
