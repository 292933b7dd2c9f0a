"""Other terms of a channel account that were asked for by mistake: the request is withdrawn."""

import pytest

from ledger.models import AuditEntry
from payments.actions import channel_account_terms as actions
from payments.errors import (
    TermsNotAskedError,
    TermsReasonMissingError,
    UnknownChannelAccountError,
)
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.payments.actions.channel_account_desk import MAKER, agree, ask
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def test_what_was_asked_by_mistake_is_withdrawn_and_asked_as_it_was_meant():
    # Given
    account = AlipayAccountFactory()
    asked = ask(account, channel_fee_bps=380)

    # When
    actions.withdraw_account_terms(account.pk, actor=MAKER, at=NOON, reason="38, not 380")

    # Then nobody agrees to it any more, and the account is as it was
    with nothing_written(), pytest.raises(TermsNotAskedError):
        agree(account, digest=bytes(asked.digest))
    account.refresh_from_db()
    asked.refresh_from_db()
    assert (account.channel_fee_bps, asked.state) == (60, "voided")
    told = AuditEntry.objects.get(action="channel_account_terms.withdrawn")
    assert (told.subject, told.actor, told.reason) == (account.pk, MAKER, "38, not 380")
    assert told.before == {"request": asked.pk, "maker": MAKER}

    # When
    ask(account, channel_fee_bps=38)
    agree(account)

    # Then
    account.refresh_from_db()
    assert account.channel_fee_bps == 38


def test_withdraws_only_what_waits_and_says_why():
    # Given
    account = AlipayAccountFactory()
    with nothing_written(), pytest.raises(TermsNotAskedError):
        actions.withdraw_account_terms(account.pk, actor=MAKER, at=NOON, reason="by mistake")
    with nothing_written(), pytest.raises(UnknownChannelAccountError):
        actions.withdraw_account_terms("chn_none", actor=MAKER, at=NOON, reason="by mistake")
    ask(account, channel_fee_bps=38)
    with nothing_written(), pytest.raises(TermsReasonMissingError):
        actions.withdraw_account_terms(account.pk, actor=MAKER, at=NOON, reason=" ")

    # When it is in force
    agree(account)

    # Then
    with nothing_written(), pytest.raises(TermsNotAskedError):
        actions.withdraw_account_terms(account.pk, actor=MAKER, at=NOON, reason="too late")
