# ruff: noqa: F811  fixtures are imported
"""The main job: an order becomes a payment, books, a settlement, a payout and a statement.

Everybody goes through their own door: the partner over HTTP, the payer and the channel at the
simulator, staff in the back office, the merchant in the portal.
"""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from ledger.models import JournalEntry
from payments.actions.merchants import add_member
from settlements.models import BillLine, PaymentFile, Payout, Settlement
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import UserFactory
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.journeys.main_job import PAID_AT, SETTLEMENTS, approve, drafted, lin  # noqa: F401
from tests.rig.pages import words
from tests.rig.staff import desk, signed_in
from tests.rig.stage import run_jobs


@pytest.fixture
def wang():
    """Sit at the checker's desk."""
    return desk("finance_checker")


class TestMainJob:
    def test_a_paid_order_is_in_the_books_of_each_merchant(self, story):
        # Given
        payment = story.order("T-1001", tea=6_000, books=4_000)
        assert payment["status"] == "awaiting_payment"
        assert run_jobs() == ["payments.send_attempt"]
        (attempt,) = story.shown(payment)["attempts"]
        assert attempt["qr_code"].startswith(story.other_side.url)

        # When: the payer pays; the channel's word makes us ask, and its answer decides
        story.pay(payment, at=PAID_AT)
        assert story.shown(payment)["status"] == "awaiting_payment"
        assert run_jobs() == ["payments.query_attempt"]

        # Then
        shown = story.shown(payment)
        assert (shown["status"], shown["amount"], shown["unallocated"]) == ("paid", 10_000, 0)
        assert shown["paid_at"] == "2026-03-05T04:05:00Z"
        tea, books = shown["allocations"]
        assert_entry(
            f"{tea['id']}:paid",
            """
            Dr 1101 60.00 CNY
            Dr 5001 0.36 CNY
            Cr 1101 0.36 CNY
            Cr 2001 58.80 CNY
            Cr 4001 1.20 CNY
            """,
        )
        assert_entry(
            f"{books['id']}:paid",
            """
            Dr 1101 40.00 CNY
            Dr 5001 0.24 CNY
            Cr 1101 0.24 CNY
            Cr 2001 39.20 CNY
            Cr 4001 0.80 CNY
            """,
        )

    def test_the_next_day_drafts_exactly_that_money_less_the_payout_fee(self, story, lin):
        # Given
        story.paid_order("T-1001", at=PAID_AT, tea=6_000, books=4_000)

        # When
        drafts = drafted(story, lin)

        # Then
        assert {name: draft.net_minor for name, draft in drafts.items()} == {
            "tea": 5_780,
            "books": 3_820,
        }
        merchant_id = story.merchants["tea"].id
        assert_entry(
            f"{merchant_id}:CNY:matured:2026-03-06", "Dr 2001 58.80 CNY\nCr 2002 58.80 CNY"
        )
        assert_entry(f"{drafts['tea'].pk}:fee", "Dr 2002 1.00 CNY\nCr 4002 1.00 CNY")
        assert_entry(f"{drafts['tea'].pk}:hold", "Dr 2002 57.80 CNY\nCr 2003 57.80 CNY")
        assert_balances(merchant_id, settlement_hold="57.80", merchant_available="0")

    def test_two_people_and_the_bank_pay_the_merchants_out(self, story, lin, wang):
        # Given
        story.paid_order("T-1001", at=PAID_AT, tea=6_000, books=4_000)
        drafts = drafted(story, lin)

        # When
        for draft in drafts.values():
            lin.post(f"{SETTLEMENTS}{draft.pk}/submit/")
            assert "Approved." in words(approve(wang, draft))
        file = file_at_the_bank(story, lin)

        # Then
        payout = Payout.objects.get(settlement=drafts["tea"])
        assert payout.status == "exported"
        assert_entry(f"{payout.pk}:instructed", "Dr 2003 57.80 CNY\nCr 2401 57.80 CNY")
        assert balance("2401", story.market.bank.pk) == "96.00"

        # When
        import_all(story, lin, file)

        # Then: E13a and E09, and nothing at the bank that we do not know
        assert_entry(
            JournalEntry.objects.get(kind="channel_settled").source,
            "Dr 1001 99.40 CNY\nCr 1101 59.64 CNY\nCr 1101 39.76 CNY",
        )
        assert_entry(f"{payout.pk}:confirmed", "Dr 2401 57.80 CNY\nCr 1001 57.80 CNY")
        assert balance("2401", story.market.bank.pk) == "0.00"
        assert balance("1001", story.market.bank.pk) == "3.40"
        assert not BillLine.objects.filter(state="open").exists()
        assert set(Settlement.objects.values_list("status", flat=True)) == {"paid"}

        # Then: partner and merchant see it, and the books are proved
        assert_partner_sees_it_paid(story)
        assert_statement_ties_out(story)
        proof = io.StringIO()
        call_command("verify_books", stdout=proof)
        assert "The books are sound" in proof.getvalue()


def file_at_the_bank(story, maker):
    """Export what waits, download the file, and carry it to the bank."""
    maker.post(
        "/admin/settlements/payout/export/",
        {"bank_account": story.market.bank.pk, "execution_date": FRIDAY.isoformat()},
    )
    file = PaymentFile.objects.get()
    story.other_side.deliver_payment_file(
        account_no=story.market.bank.merchant_no,
        content=maker.post(f"/admin/settlements/paymentfile/{file.pk}/download/").content,
    )
    return file


def import_all(story, maker, file):
    """Fetch the bank's report and its statement of both days, and import them by hand."""
    account_no = story.market.bank.merchant_no
    report = story.other_side.payment_report(account_no=account_no, message_id=file.message_id)
    statement = story.other_side.bank_statement(
        account_no=account_no, from_date=THURSDAY, to_date=FRIDAY
    )
    for name, content in (("report.xml", report), ("statement.xml", statement)):
        answer = maker.post(
            "/admin/settlements/bill/import/",
            {
                "bank_account": story.market.bank.pk,
                "file": SimpleUploadedFile(name, content, content_type="application/xml"),
            },
            follow=True,
        )
        assert "Imported." in words(answer)


def assert_partner_sees_it_paid(story):
    wanted = {"merchant_id": story.merchants["tea"].id}
    (seen,) = story.partner.get("/v1/settlements", params=wanted).json()["data"]
    (payout,) = seen["payouts"]
    assert (seen["status"], seen["gross"], seen["fee"], seen["net"]) == ("paid", 6_000, 220, 5_780)
    assert (payout["status"], payout["amount"]) == ("succeeded", 5_780)


def assert_statement_ties_out(story):
    """Sign the merchant's owner in, and read the statement of the month."""
    owner = UserFactory()
    add_member(merchant=story.merchants["tea"], user=owner, role="owner", actor="user:1", at=NOON)
    address = "/portal/statement/?from_date=2026-03-01&to_date=2026-03-31&currency=CNY"
    page = signed_in(owner).get(address)
    asked = page.context["statement"]
    assert (asked.opening_minor, asked.closing_minor, asked.remainder_minor) == (0, 0, 0)
    assert (asked.gross_minor, asked.fee_minor) == (6_000, 220)
    assert asked.payouts_sent_minor == 5_780
    assert "Ties out" in words(page)
