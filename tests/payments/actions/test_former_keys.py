"""F50 for answers: what a key signed that was replaced today is believed for a day."""

from payments.actions.channels import channel_of
from payments.channels.base import BAD_SIGNATURE, OutcomeKind
from tests.instants import NOON
from tests.rig.keys import PUBLIC_KEY_PEM, approve, end_overlap, enter


def test_an_answer_of_a_former_key_is_believed_until_it_is_retired(marketplace):
    # Given Alipay that still signs with the key that we have replaced
    account = marketplace.alipay
    approve(enter(account, channel_public_key=PUBLIC_KEY_PEM))
    account.refresh_from_db()

    # When, Then: it answers that it does not know the order, and we believe it
    heard = channel_of(account).query("ATT_nobodys_1", at=NOON)
    assert heard.code == "NOT_FOUND"

    # When the time of the former key is over
    end_overlap(account)

    # Then
    heard = channel_of(account).query("ATT_nobodys_1", at=NOON)
    assert (heard.kind, heard.code) == (OutcomeKind.UNKNOWN, BAD_SIGNATURE)


def test_a_key_that_nobody_agreed_to_verifies_nothing(marketplace):
    # Given an account with a stranger's key, and the true one entered but not agreed to
    account = marketplace.alipay
    theirs = account.channel_public_key
    approve(enter(account, channel_public_key=PUBLIC_KEY_PEM))
    end_overlap(account)
    enter(account, channel_public_key=theirs)
    account.refresh_from_db()

    # When, Then
    heard = channel_of(account).query("ATT_nobodys_1", at=NOON)
    assert (heard.kind, heard.code) == (OutcomeKind.UNKNOWN, BAD_SIGNATURE)
