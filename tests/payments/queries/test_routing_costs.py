"""What the choice of an account costs while a payer waits for their code."""

import pytest
from django.db import transaction

from payments.actions import payments
from payments.queries import routing
from tests.factories.payments import AlipayAccountFactory, owed_payment
from tests.instants import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("accounts", "queries"), [(1, 1), (2, 2), (5, 2)])
def test_rules_are_read_only_where_there_is_a_choice(django_assert_num_queries, accounts, queries):
    # Given
    payment = owed_payment()
    for _ in range(accounts):
        AlipayAccountFactory()

    # When, Then
    with django_assert_num_queries(queries):
        routing.account_for("alipay_qr", currency="CNY", payment=payment, at=NOON)


@pytest.mark.parametrize(("accounts", "queries"), [(1, 14), (2, 15), (5, 15)])
def test_a_confirm_costs_as_much_however_many_accounts_there_are(
    django_assert_num_queries, accounts, queries
):
    # Given
    payment = owed_payment()
    for _ in range(accounts):
        AlipayAccountFactory()

    # When, Then
    with django_assert_num_queries(queries), transaction.atomic():
        payments.confirm_payment(
            payment.id, method="alipay_qr", client_ip="203.0.113.7", actor="key:test", at=NOON
        )
