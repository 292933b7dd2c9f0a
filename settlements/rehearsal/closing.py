"""Closing a business day of a rehearsal: mature, settle, approve by two, pay, confirm."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from ledger.actions.approvals import Decider
from ledger.queries.periods import next_day_to_close
from payments.actions.maturity import mature
from settlements.actions import bills, payouts, settlements
from settlements.actions import closing as books
from settlements.models import PaymentFile, Payout, Settlement
from settlements.queries.payouts import payment_file_content
from settlements.rehearsal.channel_accounts import ACTOR
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.people import Person
from settlements.rehearsal.wallets import WalletDesk
from settlements.states import PayoutStatus, SettlementStatus

BANK_HAS_IT = (PayoutStatus.EXPORTED, PayoutStatus.PROCESSING)

DESKS = 2


@dataclass
class Closing:
    """Two people and a bank who close one business day after the other.

    Every step finds what was done before, so that a closing that was cut off is run again.
    """

    market: Marketplace
    other_side: OtherSide
    maker: Person
    checker: Person
    set_clock: Callable[[datetime], None]
    is_approved: bool = True
    """Whether the checker comes to work; what nobody approved waits as submitted."""

    def close_day(self, business_date: date, *, statement_from: date, at: datetime) -> None:
        """Pay out what is available on `business_date` and import what the bank says of it.

        The bank's statement runs from `statement_from` through `business_date`. The channel's
        money is booked before the payouts are, as it arrives before they leave.
        """
        currency = self.market.plan.currency
        self.set_clock(at)
        mature(currency=currency, business_date=business_date, actor=ACTOR, at=at)
        settlements.draft_settlements(
            currency=currency, business_date=business_date, actor=self.maker.actor, at=at
        )
        self._submit(at=at)
        wallet = WalletDesk(self.market, self.other_side, maker=self.maker, checker=self.checker)
        if self.is_approved:
            wallet.fill(at=at)
            self._approve(at=at)
        self._pay(business_date, at=at)
        self._confirm(business_date, statement_from=statement_from, at=at)
        wallet.book(at=at)

    def close_books(self, last: date, *, at: datetime) -> None:
        """Close the books of every open day through `last`."""
        day = next_day_to_close()
        while day is not None and day <= last:
            books.close_day(
                day,
                decider=Decider(actor=self.checker.actor, client_ip="127.0.0.1"),
                at=at,
                reason=_("All that belongs to the day has come."),
            )
            day += timedelta(days=1)

    def _open(self, status: SettlementStatus) -> list[Settlement]:
        return list(
            Settlement.objects.filter(status=status, currency=self.market.plan.currency)
            .select_related("approval")
            .order_by("id")
        )

    def _submit(self, *, at: datetime) -> None:
        def submit(settlement: Settlement) -> None:
            settlements.submit_settlement(settlement.id, actor=self.maker.actor, at=at)

        _at_two_desks(submit, self._open(SettlementStatus.DRAFT))

    def _approve(self, *, at: datetime) -> None:
        decider = self.checker.decider

        def approve(settlement: Settlement) -> None:
            assert settlement.approval is not None, "what is submitted has its request"
            settlements.approve_settlement(
                settlement.id,
                shown_digest=bytes(settlement.approval.digest),
                decider=decider,
                at=at,
            )

        _at_two_desks(approve, self._open(SettlementStatus.SUBMITTED))

    def _pay(self, business_date: date, *, at: datetime) -> None:
        bank = self.market.bank
        while (
            payouts.export_payment_file(
                bank.id, execution_date=business_date, actor=self.maker.actor, at=at
            )
            is not None
        ):
            pass
        for file in self._files_at_the_bank():
            self.other_side.deliver_payment_file(
                account_no=bank.merchant_no, content=payment_file_content(file)
            )

    def _confirm(self, business_date: date, *, statement_from: date, at: datetime) -> None:
        bank = self.market.bank
        for file in self._files_at_the_bank():
            self._import(
                self.other_side.payment_report(
                    account_no=bank.merchant_no, message_id=file.message_id
                ),
                at=at,
            )
        self._import(
            self.other_side.bank_statement(
                account_no=bank.merchant_no, from_date=statement_from, to_date=business_date
            ),
            at=at,
        )

    def _import(self, content: bytes, *, at: datetime) -> None:
        bills.import_bill(
            bank_account_id=self.market.bank.id,
            content=content,
            actor=self.maker.actor,
            at=at,
        )

    def _files_at_the_bank(self) -> list[PaymentFile]:
        """Return the files some of whose payouts the bank has not answered for."""
        open_files = Payout.objects.filter(
            status__in=BANK_HAS_IT, payment_file__bank_account=self.market.bank
        ).values("payment_file")
        return list(PaymentFile.objects.filter(id__in=open_files).order_by("created_at", "id"))


def _at_two_desks(deed: Callable[[Settlement], None], pile: Sequence[Settlement]) -> None:
    """Do one deed for each settlement of a pile, two at a time; the first refusal is raised."""

    def work_through(share: Sequence[Settlement]) -> None:
        try:
            for settlement in share:
                deed(settlement)
        finally:
            connection.close()

    with ThreadPoolExecutor(DESKS) as desks:
        for done in [desks.submit(work_through, pile[desk::DESKS]) for desk in range(DESKS)]:
            done.result()
