"""A bank that takes a payment back months later: in the file, at the bank, open in our books."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest

from payments.channels.base import OutcomeKind
from payments.channels.transport import Transport
from settlements.actions.bills import import_bill
from settlements.models import OpenReason
from settlements.queries.bills import open_lines
from settlements.queries.integrity import verify
from tests.contracts.accounts import OUR_KEY, public_pem
from tests.contracts.blind_resends import effect_log
from tests.contracts.counterparts import counterpart
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory, paid_payment
from tests.factories.settlements import MAKER, settled_merchant
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)
MONTHS_LATER = datetime(2026, 6, 10, 4, tzinfo=UTC)
THE_DAY_AFTER = MONTHS_LATER + timedelta(days=1)


@pytest.fixture
def other(simulator):
    """Meet a UnionPay that settles to a bank of its own; the clock stands at noon."""
    simulator.set_clock(NOON, is_start=True)
    transport = Transport(connect_timeout_ms=1_000, total_timeout_ms=5_000)
    other = counterpart(
        "unionpay",
        simulator,
        transport=transport,
        notify_url="",
        currency="CNY",
        is_another=True,
    )
    simulator.open_bank_account(
        account_no=bank_no(other), holder="天平", currency="CNY", opening_minor=0
    )
    simulator.register_unionpay_merchant(
        mer_id=other.config.merchant_no,
        cert_id=other.config.key_serial,
        public_key_pem=public_pem(OUR_KEY),
        fee_bps=60,
        bank_account_no=bank_no(other),
    )
    yield other
    transport.close()


def bank_no(other) -> str:
    """Give each merchant a bank account of its own."""
    return f"1109{other.config.merchant_no[4:]}"


def charged_back(other, order, **more):
    """Have a bank take a payment back."""
    return other.other_side.client.post(
        "/control/unionpay/chargebacks",
        json={"mer_id": other.config.merchant_no, "order_id": order.channel_no, **more},
    )


def members(other, day: date, *, at: datetime) -> dict[str, list[str]]:
    """Fetch the file of a day by our adapter, and take it apart."""
    content = other.channel.fetch_bill(day, kind="00", at=at)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            info.filename.split("_")[0][-5:].lstrip("0123456789"): archive.read(info)
            .decode()
            .splitlines()
            for info in archive.infolist()
        }


def order_of_that_day(other):
    """Sell for 50.00, months later."""
    terms = {"at": MONTHS_LATER, "stamped_at": MONTHS_LATER}
    order = other.order(amount_minor=5_000, expires_at=MONTHS_LATER + timedelta(hours=2), **terms)
    other.pay(order, at=MONTHS_LATER)
    return order


def late(other):
    """Sell for 100.00, and months later for 50.00, when 30.00 of the first go back to its bank."""
    first = other.paid_order(at=PAID_AT)
    assert charged_back(other, first, amount_minor=3_000, at=MONTHS_LATER.isoformat()).is_success
    other.other_side.set_clock(MONTHS_LATER)
    second = order_of_that_day(other)
    other.other_side.set_clock(THE_DAY_AFTER)
    return first, second


def test_it_is_in_the_file_of_its_day_and_changes_no_other_answer(other):
    # Given
    first, second = late(other)

    # When
    files = members(other, date(2026, 6, 10), at=THE_DAY_AFTER)

    # Then a line of 22 columns, which names the payment as the network does
    assert sorted(files) == ["ZM", "ZME"]
    assert [second.channel_no in line for line in files["ZM"]] == [True]
    (line,) = files["ZME"]
    assert len(line) == 21 + sum(
        (3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135)
    )
    assert line.startswith("E22 ")
    assert "000000003000" in line
    assert " 4562 " in line
    assert other.config.merchant_no in line
    # and the day on which it was paid, and what is answered about it, are as they were
    assert sorted(members(other, date(2026, 3, 5), at=THE_DAY_AFTER)) == ["ZM"]
    told = other.channel.query(first.channel_no, at=THE_DAY_AFTER)
    assert (told.kind, told.amount_minor) == (OutcomeKind.SUCCEEDED, 10_000)


def test_it_happens_once_and_at_its_time(other):
    # Given
    first, _second = late(other)
    before = other.effects(first)

    # When
    for _ in range(2):
        members(other, date(2026, 6, 10), at=THE_DAY_AFTER)

    # Then
    assert before == ["order_accepted", "paid"]
    assert other.effects(first) == ["order_accepted", "paid", "charged_back"]
    (effect,) = [one for one in effect_log(other.other_side) if one["kind"] == "charged_back"][-1:]
    assert (effect["at"], effect["amount_minor"]) == ("2026-06-10T04:00:00.000Z", 3_000)


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"order_id": "nobodys0001"}, 409, "unknown_trade"),
        ({"amount_minor": 10_001}, 400, "bad_request"),
        ({"amount_minor": -1}, 400, "bad_request"),
        ({"at": (PAID_AT - timedelta(days=1)).isoformat()}, 409, "not_paid"),
    ],
)
def test_what_cannot_be_charged_back_is_refused(other, more, status, error):
    # Given
    order = other.paid_order(at=PAID_AT)

    # When
    refused = charged_back(other, order, **more)

    # Then
    assert (refused.status_code, refused.json()["error"]) == (status, error)


def test_a_payment_is_charged_back_once(other):
    # Given
    order = other.paid_order(at=PAID_AT)
    at = MONTHS_LATER.isoformat()
    assert charged_back(other, order, at=at).json()["amount_minor"] == 10_000

    # When, Then
    assert charged_back(other, order, at=at, amount_minor=1).json()["error"] == "charged_back"


@pytest.mark.django_db
def test_our_books_keep_the_day_that_it_made_short_open_and_book_nothing(other):
    # Given both payments in our books
    bank = BankAccountFactory(merchant_no=bank_no(other))
    channel = AlipayAccountFactory(
        channel="unionpay", merchant_no=other.config.merchant_no, app_id="", settles_to=bank
    )
    merchant = settled_merchant()
    paid_payment(merchant, channel=channel)
    paid_payment(merchant, amounts_minor=(5_000,), channel=channel, at=MONTHS_LATER)
    late(other)
    statement = other.other_side.bank_statement(
        account_no=bank.merchant_no, from_date=date(2026, 3, 1), to_date=date(2026, 6, 11)
    )

    # When
    bill = import_bill(bank_account_id=bank.pk, content=statement, actor=MAKER, at=THE_DAY_AFTER)

    # Then 99.40 came as expected; of 49.70 only 19.70 did, which waits for a person
    first, short = bill.lines.order_by("line_no")
    assert (first.amount_minor, first.state) == (9_940, "matched")
    assert (short.amount_minor, short.state, short.reason) == (
        1_970,
        "open",
        OpenReason.DAY_DIFFERS,
    )
    assert short.entry is None
    assert short in open_lines()
    assert verify().violations == []
