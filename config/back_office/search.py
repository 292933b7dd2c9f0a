"""One search box: any identifier, ours, the merchant's, the channel's or the bank's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, Q
from django.http import HttpRequest

from config.back_office import navigation
from ledger.admin import showing
from payments.models import ChannelOperation, Merchant, Payer, Payment, Refund
from settlements.models import BillLine, PaymentFile, Payout

FOUND_MAX = 5
"""Rows of one kind; who looks for more opens its list."""

TERM_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One line under the search box, as the theme shows it."""

    title: str
    description: str
    link: str
    icon: str = "data_object"


# By which fields a thing is found, letter by letter; each is indexed, or its table is small.
FINDABLE: Sequence[tuple[type[Model], Sequence[str]]] = (
    (Payment, ("merchant_order_no",)),
    (Refund, ("merchant_refund_no",)),
    (Merchant, ("external_no", "name")),
    (Payer, ("external_no",)),
    (ChannelOperation, ("channel_no", "channel_ref")),
    (PaymentFile, ("message_id",)),
    (Payout, ("bank_reference",)),
    (BillLine, ("bank_reference", "end_to_end_id")),
)

# What tells two things of one number apart.
WHOSE: Mapping[type[Model], str] = {Payer: "merchant__name"}


def found(request: HttpRequest) -> list[Found]:
    """Return what a person may see of what they typed; nothing for blanks."""
    term = request.GET.get("s", "").strip()[:TERM_LENGTH_MAX]
    if not term:
        return []
    user = request.user
    return [*_by_id(term, user), *_places(term, request), *_by_numbers(term, user)]


def _by_id(term: str, user: User | AnonymousUser) -> Iterator[Found]:
    """Find what an id of ours names, if it exists."""
    model = showing.subject_model(term)
    if model is None or not _may_see(user, model):
        return
    row = model._default_manager.filter(pk=term).only("pk").first()
    if row is not None:
        yield Found(term, str(model._meta.verbose_name), showing.row_url(row))


def _places(term: str, request: HttpRequest) -> Iterator[Found]:
    """Find lists by what they are called."""
    for group in navigation.sidebar(request):
        for item in group["items"]:
            title = str(item["title"])
            if term.casefold() in title.casefold():
                yield Found(title, str(group["title"]), item["link"], item["icon"])


def _by_numbers(term: str, user: User | AnonymousUser) -> Iterator[Found]:
    """Find rows by the numbers that others gave them."""
    for model, names in FINDABLE:
        if not _may_see(user, model):
            continue
        is_meant = Q()
        for name in names:
            is_meant |= Q(**{name: term})
        rows = model._default_manager.filter(is_meant)
        for pk, owner in rows.values_list("pk", WHOSE.get(model, "pk"))[:FOUND_MAX]:
            whose = f" · {owner}" if model in WHOSE and owner else ""
            description = f"{model._meta.verbose_name} {pk}{whose}"
            yield Found(term, description, showing.row_url(model(pk=pk)))


def _may_see(user: User | AnonymousUser, model: type[Model]) -> bool:
    return user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
