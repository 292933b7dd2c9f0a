"""The payer's card, in clear, on the page of the person who is to agree to it."""

from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.asking import Asking, explained
from ledger.admin.panels import Fact, Facts, Notice, Panel
from ledger.errors import DomainError
from payments.actions import remedy_cards
from payments.models import RefundRemedy

_DIGITS_TOGETHER = 4


def card_panel(row: RefundRemedy, asking: Asking) -> Panel:
    """Show number and holder in clear, or that they are not what was asked for."""
    try:
        card = remedy_cards.look_at_card(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
    except DomainError as error:
        return Notice(explained(error), "alarm")
    starts = range(0, len(card.account), _DIGITS_TOGETHER)
    digits = " ".join(card.account[place : place + _DIGITS_TOGETHER] for place in starts)
    return Facts(
        _("to whom it goes"),
        [
            Fact(_("payer's bank"), showing.code(card.bank)),
            Fact(_("account or card number"), showing.code(digits)),
            Fact(_("holder of the account"), card.holder_name),
        ],
        note=_(
            "Compare each with what the payer wrote, from where you have it yourself. The audit"
            " trail keeps that you looked."
        ),
    )
