"""UnionPay's gateway from the other side: signatures, numbers, pages, notices, refunds, files."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.unionpay.wire import API, UnionPayShop, digest
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator, sign

START = datetime(2030, 1, 5, 2, tzinfo=UTC)
LADDER_SECONDS = (60, 120, 240, 300, 900)
CARD = {"choice": "pay", "card": "4242424242424242"}


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def shop(simulator: SimulatorProcess) -> UnionPayShop:
    shop = UnionPayShop(simulator)
    shop.register()
    return shop


@pytest.fixture
def clocked(start_simulator: StartSimulator) -> UnionPayShop:
    """Open a shop by a simulator of the test's own, at ten in the morning in Shanghai."""
    shop = UnionPayShop(start_simulator())
    set_clock(shop, START)
    shop.register()
    return shop


@pytest.fixture
def number(number: str) -> str:
    """Give an order number of letters and digits alone."""
    return f"{number.replace('_', '')}000000"


def set_clock(shop: UnionPayShop, at: datetime) -> None:
    assert shop.simulator.post("/control/clock", now=at.isoformat()).status_code == 200


class TestSignatures:
    @pytest.mark.parametrize(
        "changes",
        [{"txnAmt": "1"}, {"merId": ""}, {"certId": "1"}, {"signMethod": "11"}, {"signature": "x"}],
        ids=str,
    )
    def test_refuses_what_was_not_signed_so_and_writes_nothing(
        self, shop: UnionPayShop, number: str, changes: dict[str, str]
    ) -> None:
        # Given
        fields = shop.fields("04", number, origQryId="1" * 21, txnAmt="100") | changes

        # When
        told = shop.call(f"{API}/backTransReq.do", fields)

        # Then
        assert told["respCode"] == ("13" if changes == {"merId": ""} else "11")
        assert shop.simulator.effects(number) == ["request"]

    def test_refuses_the_signature_of_another_key(
        self, shop: UnionPayShop, number: str, other_key: rsa.RSAPrivateKey
    ) -> None:
        # Given
        fields = shop.fields("00", number)
        del fields["signature"]

        # When
        told = shop.call(
            f"{API}/queryTrans.do", {**fields, "signature": sign(digest(fields), key=other_key)}
        )

        # Then
        assert told["respCode"] == "11"

    def test_a_payer_is_told_in_words(self, shop: UnionPayShop, number: str) -> None:
        response = shop.front(number, signature="x")
        assert (response.status_code, response.text[:2]) == (200, "11")


class TestNumbers:
    def test_the_same_order_leads_to_the_same_page_and_another_nowhere(
        self, shop: UnionPayShop, number: str
    ) -> None:
        # Given
        page = shop.page(number)

        # When, Then
        assert shop.page(number) == page
        assert shop.front(number, 1).text.startswith("12")
        assert shop.simulator.effects(number).count("order_accepted") == 1

    def test_a_refund_s_number_counts_once(self, shop: UnionPayShop, number: str) -> None:
        # Given
        query_id = shop.sell(number)
        assert shop.refund(f"{number}R", query_id, 80)["respCode"] == "00"

        # When, Then
        assert shop.refund(f"{number}R", query_id, 80)["respCode"] == "12"
        assert shop.refund(f"{number}R", query_id, 90)["respCode"] == "12"
        assert shop.simulator.effects(f"{number}R").count("refunded") == 1


class TestPage:
    def test_paying_in_two_tabs_pays_once(self, shop: UnionPayShop, number: str) -> None:
        # Given
        page = shop.page(number)

        # When
        for _ in range(2):
            shop.simulator.send("POST", page, data=CARD)

        # Then
        assert shop.simulator.effects(number).count("paid") == 1
        assert shop.query(number)["origRespCode"] == "00"

    def test_nothing_is_paid_when_the_time_is_over(
        self, clocked: UnionPayShop, number: str
    ) -> None:
        # Given
        page = clocked.page(number)

        # When
        set_clock(clocked, START + timedelta(days=1))
        clocked.simulator.send("POST", page, data=CARD)

        # Then
        assert clocked.query(number)["origRespCode"] == "69"
        assert "paid" not in clocked.simulator.effects(number)

    def test_refusing_leaves_the_order_to_be_paid(self, shop: UnionPayShop, number: str) -> None:
        # Given
        page = shop.page(number)

        # When
        shop.simulator.send("POST", page, data={"choice": "refuse"})
        shop.simulator.send("POST", page, data=CARD)

        # Then
        assert shop.query(number)["origRespCode"] == "00"


class TestNotices:
    def test_climb_the_ladder_on_the_simulators_clock_and_then_give_up(
        self, clocked: UnionPayShop, receiver: Receiver, number: str
    ) -> None:
        # Given
        clocked.back_url = receiver.url
        for _ in range(6):
            receiver.answers.put((500, b""))
        clocked.sell(number)
        told = [receiver.next()]

        # When
        at = START
        for place, seconds in enumerate(LADDER_SECONDS, 1):
            clocked.simulator.wait_for(number, "notified", times=place)
            at += timedelta(seconds=seconds)
            set_clock(clocked, at - timedelta(seconds=1))
            assert receiver.has_none(seconds=0.15)
            set_clock(clocked, at)
            told.append(receiver.next())

        # Then
        clocked.simulator.wait_for(number, "notified", times=6)
        assert {form["queryId"] for form in told} == {clocked.query(number)["queryId"]}
        counts = clocked.simulator.get("/control/notifications").json()
        assert counts == {"pending": 0, "delivered": 0, "abandoned": 1}

    @pytest.mark.parametrize(
        ("kind", "more", "changed"),
        [
            ("notify_wrong_amount", {}, {"txnAmt": "8881"}),
            ("notify_wrong_amount", {"total_amount": "0.01"}, {"txnAmt": "1"}),
            ("notify_wrong_app", {}, {"merId": "000000000000000"}),
            ("notify_wrong_app", {"other_app_id": "777290058110048"}, {"merId": "777290058110048"}),
        ],
    )
    def test_wrong_things_are_truly_signed(
        self,
        shop: UnionPayShop,
        receiver: Receiver,
        number: str,
        kind: str,
        more: dict[str, object],
        changed: dict[str, str],
    ) -> None:
        # Given
        shop.back_url = receiver.url
        shop.order_fault(number, kind, **more)

        # When
        shop.sell(number)

        # Then
        form = {name: value for name, value in receiver.next().items() if name[0] != "_"}
        assert {name: form[name] for name in changed} == changed
        assert shop.is_from_unionpay(form)

    def test_forged_is_right_but_for_its_signature(
        self, shop: UnionPayShop, receiver: Receiver, number: str
    ) -> None:
        # Given
        shop.back_url = receiver.url
        shop.order_fault(number, "notify_forged")

        # When
        shop.sell(number)

        # Then
        form = {name: value for name, value in receiver.next().items() if name[0] != "_"}
        assert form["txnAmt"] == "8880"
        assert not shop.is_from_unionpay(form)

    def test_duplicate_comes_twice_word_for_word(
        self, shop: UnionPayShop, receiver: Receiver, number: str
    ) -> None:
        # Given
        shop.back_url = receiver.url
        shop.order_fault(number, "notify_duplicate")

        # When
        shop.sell(number)

        # Then
        assert receiver.next() == receiver.next()


class TestRefunds:
    def test_may_take_days(self, clocked: UnionPayShop, number: str) -> None:
        # Given
        query_id = clocked.sell(number)
        clocked.plan(f"{number}R", "refund_delayed", seconds=3 * 86_400)

        # When
        clocked.refund(f"{number}R", query_id, 8_880)
        early = clocked.query(f"{number}R")["origRespCode"]
        set_clock(clocked, START + timedelta(days=3))

        # Then
        assert (early, clocked.query(f"{number}R")["origRespCode"]) == ("05", "00")

    def test_for_want_of_money_nothing_happens_and_the_number_stays_free(
        self, shop: UnionPayShop, number: str
    ) -> None:
        # Given
        query_id = shop.sell(number)
        shop.plan(f"{number}R", "refund_refused", error_code="64")

        # When
        refused = shop.refund(f"{number}R", query_id, 80)

        # Then
        assert refused["respCode"] == "64"
        assert shop.query(f"{number}R")["respCode"] == "34"
        assert shop.refund(f"{number}R", query_id, 80)["respCode"] == "00"

    def test_what_failed_can_be_given_back_by_another(
        self, shop: UnionPayShop, number: str
    ) -> None:
        # Given
        query_id = shop.sell(number)
        shop.plan(f"{number}R", "refund_failed", error_code="60")
        shop.refund(f"{number}R", query_id, 8_880)
        assert shop.query(f"{number}R")["origRespCode"] == "60"

        # When, Then
        assert shop.refund(f"{number}S", query_id, 8_880)["respCode"] == "00"
