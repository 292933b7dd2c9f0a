"""One search box finds any identifier, of what its reader may see."""

import pytest
from django.test import Client

from payments.models import Payment
from settlements.models import BillLine, PaymentFile, Payout, Settlement
from tests.config.back_office.filling import fill
from tests.factories.payments import MerchantFactory, owed_payment, paid_payment
from tests.rig.rows import nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def links(client: Client, term: str) -> list[str]:
    """Return where the lines under the search box lead."""
    response = client.get("/admin/search/", {"s": term})
    assert response.status_code == 200
    return [result.link for result in response.context["results"]]


def page(row) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def test_finds_by_any_number():
    # Given
    fill(merchants=3, payments_each=1)
    auditor = desk("auditor")
    payment = Payment.objects.filter(attempts__isnull=False).latest("pk")
    operation = payment.attempts.get().operation
    payout, file = Payout.objects.latest("pk"), PaymentFile.objects.get()
    line = BillLine.objects.filter(state="matched").latest("pk")

    # Then
    with nothing_written():
        assert links(auditor, payment.merchant_order_no) == [page(payment)]
        assert links(auditor, f"  {payment.pk} ") == [page(payment)]
        assert links(auditor, operation.channel_no) == [page(operation)]
        assert links(auditor, file.message_id) == [page(file)]
        assert links(auditor, Settlement.objects.latest("pk").pk) == [
            page(Settlement.objects.latest("pk"))
        ]
        assert page(line) in links(auditor, line.bank_reference)
        assert page(payout) in links(auditor, payout.pk)


def test_finds_lists_by_their_names():
    assert links(desk("auditor"), "AUDIT tr") == ["/admin/ledger/auditentry/"]


def test_finds_a_merchant_by_name():
    merchant = MerchantFactory(name="小城面馆")

    assert links(desk("auditor"), "小城面馆") == [page(merchant)]


def test_tells_the_payers_of_one_number_apart():
    # Given
    tea = MerchantFactory(name="Old Tea House")
    ours = owed_payment(tea, payer_no="shopper-9").payer
    theirs = owed_payment(tea, payer_no="shopper-9", created_by=tea).payer

    # When
    response = desk("auditor").get("/admin/search/", {"s": "shopper-9"})

    # Then
    assert sorted(result.description for result in response.context["results"]) == sorted(
        [f"payer {ours.pk}", f"payer {theirs.pk} · Old Tea House"]
    )


def test_finds_nothing_that_one_may_not_see():
    # Given
    payment = paid_payment(MerchantFactory())
    security = desk("security_admin")

    # Then
    assert links(security, payment.pk) == []
    assert links(security, payment.merchant_order_no) == []


@pytest.mark.parametrize("term", ["", "   ", "pay_nonsense", "x" * 10_000, "' OR 1=1 --", "%"])
def test_finds_nothing_of_nonsense(term):
    paid_payment(MerchantFactory())

    assert links(desk("auditor"), term) == []


def test_what_was_typed_is_never_markup():
    MerchantFactory(name="<b>bold</b>")

    response = desk("auditor").get("/admin/search/", {"s": "<b>bold</b>"})

    assert b"<b>bold" not in response.content
    assert b"&lt;b&gt;bold&lt;/b&gt;" in response.content
