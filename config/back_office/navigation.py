"""The way through the back office: its side bar, by trade, and what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the side bar: a list of the back office, by `app_model`.

    `page` names a page that is no list, such as a report; it is seen by who may see the list.
    """

    list_name: str
    title: Promise
    icon: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Trade:
    """One group of the side bar."""

    title: Promise
    places: Sequence[Place]


TRADES = (
    Trade(
        gettext_lazy("Paying out"),
        (
            Place("settlements_settlement", gettext_lazy("Settlements"), "request_quote"),
            Place("settlements_settlementbatch", gettext_lazy("Settlement runs"), "event_repeat"),
            Place("settlements_payout", gettext_lazy("Payouts"), "send_money"),
            Place("settlements_paymentfile", gettext_lazy("Payment files"), "draft"),
            Place("settlements_destination", gettext_lazy("Destinations"), "account_balance"),
            Place("payments_manualentry", gettext_lazy("Manual entries"), "edit_note"),
            Place("payments_reservehold", gettext_lazy("Reserves"), "savings"),
        ),
    ),
    Trade(
        gettext_lazy("Reconciling"),
        (
            Place("settlements_bill", gettext_lazy("Bills"), "receipt_long"),
            Place("settlements_billline", gettext_lazy("Bill lines"), "rule"),
        ),
    ),
    Trade(
        gettext_lazy("Taking money"),
        (
            Place("payments_payment", gettext_lazy("Payments"), "payments"),
            Place("payments_paymentlink", gettext_lazy("Payment links"), "link"),
            Place("payments_refund", gettext_lazy("Refunds"), "undo"),
            Place("payments_authorisation", gettext_lazy("Authorisations"), "lock_clock"),
            Place("payments_capture", gettext_lazy("Captures"), "download"),
            Place("payments_void", gettext_lazy("Voids"), "do_not_disturb_on"),
            Place("payments_parkedmoney", gettext_lazy("Money in suspense"), "hourglass_top"),
            Place("payments_refundremedy", gettext_lazy("Other ways for refunds"), "alt_route"),
            Place("payments_channeloperation", gettext_lazy("Channel operations"), "swap_calls"),
            Place("payments_channelnotification", gettext_lazy("Notifications"), "notifications"),
            Place("payments_balancetransaction", gettext_lazy("Balance transactions"), "list_alt"),
            Place("payments_event", gettext_lazy("Events"), "bolt"),
        ),
    ),
    Trade(
        gettext_lazy("Judging"),
        (
            Place("risk_screening", gettext_lazy("Screenings"), "policy"),
            Place("risk_limit", gettext_lazy("Limits"), "speed"),
            Place("risk_limitcounter", gettext_lazy("Limits used"), "data_usage"),
            Place("risk_blocklistentry", gettext_lazy("Block list"), "block"),
            Place("risk_boundnetwork", gettext_lazy("Bound networks"), "lan"),
            Place("risk_payeraddress", gettext_lazy("Payers' addresses"), "pin_drop"),
            Place("risk_paymentpassword", gettext_lazy("Passwords"), "password"),
        ),
    ),
    Trade(
        gettext_lazy("Remembering"),
        (
            Place(
                "ledger_account",
                gettext_lazy("Trial balance"),
                "balance",
                page="ledger_trial_balance",
            ),
            Place(
                "ledger_account",
                gettext_lazy("General ledger"),
                "auto_stories",
                page="ledger_general_ledger",
            ),
            Place(
                "ledger_account",
                gettext_lazy("Journal book"),
                "receipt_long",
                page="ledger_journal_book",
            ),
            Place("ledger_account", gettext_lazy("Accounts"), "account_tree"),
            Place("ledger_journalentry", gettext_lazy("Journal"), "menu_book"),
            Place("settlements_opening", gettext_lazy("Opening balances"), "flag"),
            Place("ledger_period", gettext_lazy("Closed days"), "lock_clock"),
            Place("ledger_approvalrequest", gettext_lazy("Approvals"), "how_to_reg"),
            Place("ledger_approvaltier", gettext_lazy("Approval tiers"), "groups"),
            Place("ledger_auditentry", gettext_lazy("Audit trail"), "history"),
            Place(
                "ledger_configurationchange", gettext_lazy("Configuration history"), "difference"
            ),
            Place("ledger_seal", gettext_lazy("Seals"), "verified"),
        ),
    ),
    Trade(
        gettext_lazy("Parties and terms"),
        (
            Place("payments_merchant", gettext_lazy("Merchants"), "storefront"),
            Place("payments_merchantmember", gettext_lazy("Members"), "badge"),
            Place("payments_payer", gettext_lazy("Payers"), "person"),
            Place("payments_feeplan", gettext_lazy("Fee plans"), "percent"),
            Place("payments_businessday", gettext_lazy("Business calendar"), "calendar_month"),
        ),
    ),
    Trade(
        gettext_lazy("Keys and people"),
        (
            Place("payments_channelaccount", gettext_lazy("Channel accounts"), "hub"),
            Place("payments_channelkeyset", gettext_lazy("Keys of channels"), "vpn_key"),
            Place("payments_routingrule", gettext_lazy("Routing"), "alt_route"),
            Place("payments_methodswitch", gettext_lazy("Closed scenes"), "toggle_off"),
            Place("payments_sendinghold", gettext_lazy("Holds of sending"), "pan_tool"),
            Place("ledger_job", gettext_lazy("Jobs"), "pending_actions"),
            Place("payments_apicredential", gettext_lazy("API credentials"), "key"),
            Place("auth_user", gettext_lazy("People"), "group"),
            Place("auth_group", gettext_lazy("Roles"), "shield_person"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar for one person: the lists that they may see, by trade."""
    home = {"title": _("Home"), "icon": "space_dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"title": "", "items": [home]}]
    for trade in TRADES:
        items = [_item(request, place) for place in trade.places if _may_see(request, place)]
        if items:
            groups.append({"title": trade.title, "collapsible": False, "items": items})
    return groups


def environment(request: HttpRequest) -> list[str] | None:
    """Return the badge of a sandbox, so that nobody takes its money for real."""
    return [_("Sandbox"), "warning"] if settings.SANDBOX else None


def title_prefix(request: HttpRequest) -> str | None:
    """Return what stands before a page's title in a sandbox."""
    return _("[Sandbox]") if settings.SANDBOX else None


def stylesheet(request: HttpRequest) -> str:
    """Return the address of what we draw besides the theme."""
    return static("back_office/back_office.css")


def favicon(request: HttpRequest) -> str:
    """Return the address of our mark."""
    return static("back_office/mark.svg")


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """Return where people look after their own sign-in."""
    return [
        {"title": _("Change password"), "link": reverse("account_change_password")},
        {"title": _("Second factor"), "link": reverse("mfa_index")},
    ]


def _may_see(request: HttpRequest, place: Place) -> bool:
    app, _separator, model = place.list_name.partition("_")
    return request.user.has_perm(f"{app}.view_{model}") and bool(_address(place))


def _item(request: HttpRequest, place: Place) -> dict[str, Any]:
    return {
        "title": place.title,
        "icon": place.icon,
        "link": _address(place),
        "active": _is_active(request, place),
    }


def _is_active(request: HttpRequest, place: Place) -> bool:
    """Tell whether a place is where somebody is; reports stand below a list, and are not it."""
    address = _address(place)
    if place.page:
        return request.path == address
    pages = [_address(each) for trade in TRADES for each in trade.places if each.page]
    return request.path.startswith(address) and request.path not in pages


def _address(place: Place) -> str:
    try:
        return reverse(f"admin:{place.page or f'{place.list_name}_changelist'}")
    except NoReverseMatch:
        return ""
