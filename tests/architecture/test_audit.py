"""Every deed and every refusal about money is kept, and people can read what it says."""

import importlib
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from ledger.admin.deeds import deed_words, has_verb, has_words
from ledger.admin.operations import Operation, OperationsAdmin, PlainForm
from ledger.errors import DomainError
from ledger.models import AuditEntry
from payments.states import ManualEntryStatus, PaymentStatus, RefundStatus
from payments.terms import AccountTerms, FeePlanTerms, MerchantTerms
from risk.actions.password_relief import Relief
from settlements.states import SettlementStatus
from tests.architecture.audit import (
    RECORD,
    REFUSE,
    Graph,
    approval_kinds,
    codes,
    codes_made_of_parts,
    graph_of,
    posts,
    silent_deeds,
)
from tests.architecture.sources import Source, house
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk, show_second_factor

MACHINES_OWN = {
    "payments.actions.checkout.come_back": "enqueues a question; the outcome is told",
    "payments.actions.channel_calls.forget_calls": "how lines did, for two days; no decision",
    "payments.actions.examinations._keep": "the examination is evidence itself, written once",
    "payments.actions.examinations.request_all": "enqueues; each examination is kept",
    "payments.actions.channel_certificates.have_fetched": "enqueues; what is new is kept",
    "payments.actions.channel_secrets._reseal": "the secret stays the same; only its seal is new",
    "payments.actions.exchanges.Exchange._ask_ended_again": "a lease; the outcome is told",
    "payments.actions.exchanges.Exchange._ask_later": "enqueues another question",
    "payments.actions.exchanges.Exchange._claim_to_resend": "a lease; the outcome is told",
    "payments.actions.exchanges.Exchange._claim_to_send": "a lease; the outcome is told",
    "payments.actions.exchanges.Exchange.have_looked_after": "enqueues what is due",
    "payments.actions.exchanges._claim_to_ask": "a lease; the outcome is told",
    "payments.actions.idempotency.run_once": "the deed that it is given tells of itself",
    "payments.actions.notification_verdicts.settle": "the message bears its verdict itself",
    "payments.actions.notifications._count": "counts a message that nobody believes",
    "payments.actions.notifications._keep": "keeps the message itself, whole",
    "payments.actions.order_resolutions._claim": "a lease; the outcome is told",
    "payments.actions.payment_questions.have_asked": "enqueues a question; the refusal is kept",
    "payments.actions.remedy_orders._intend": "people agreed to it before; the outcome is told",
    "payments.actions.capture_orders._waits_for_others": "enqueues for later",
    "payments.actions.restores._doubt": "a lease; the hold tells why, and the outcome is told",
    "ledger.actions.seals._seal_block": "a seal is evidence itself, and names what it covers",
    "risk.actions.guesses._count": "counts an attempt; a wrong one is kept by its door",
    "settlements.actions.settlements._open_batch": "an empty run; its chunks tell what they draft",
}
"""Transactions that leave no audit row, each with the reason why nobody misses it."""

NOT_ABOUT_MONEY = {
    "payments.checkout.ways_back.back": "a way back from a channel's page; refuses nothing",
    "payments.portal.merchants.merchants": "which merchant's pages a member looks at",
}
"""Views that take a POST and keep no refusal."""

ONLY_SHOWING = {"PreviewOpening": "shows what a file would book, and writes nothing"}
"""Buttons that write nothing when they succeed."""

MADE_OF_PARTS: dict[str, list[str]] = {
    "payment.{status}": [f"payment.{status}" for status in PaymentStatus],
    "settlement.{status.value}": [f"settlement.{status}" for status in SettlementStatus],
    "manual_entry.{what}": [f"manual_entry.{status}" for status in ManualEntryStatus],
    "{action}.refused": [],
    "{request.kind}.{('approved' if is_approved else 'rejected')}": [],
}
"""Codes whose verb is put together: which they are. Those of approvals follow from their kinds."""

SAID_OTHERWISE = {
    "payments/actions/refund_moves.py": [f"refund.{status}" for status in RefundStatus],
}
"""Codes made of parts where the rule cannot see them."""

KINDS_OF_APPROVALS = {
    "relief": list(Relief.values),
    "terms.kind": [kind.kind for kind in (FeePlanTerms, MerchantTerms, AccountTerms)],
}
"""What stands for the kind of an approval where it is no constant."""

OUTCOMES = ("approved", "rejected", "approval_expired")


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(house())


def test_every_deed_is_kept(graph: Graph) -> None:
    assert list(silent_deeds(graph, excused=MACHINES_OWN)) == []
    assert len([name for name in graph.durable if ".actions." in name]) > 50


def test_every_exception_is_of_a_deed_that_exists_and_is_silent(graph: Graph) -> None:
    silent = {line.split(" ")[1] for line in silent_deeds(graph, excused={})}

    assert silent == MACHINES_OWN.keys()


DEED = """
from ledger.actions.audit import record_audit
@transaction.atomic(durable=True)
def deed():
    part()
def part():
    {}
"""


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("record_audit()", []),
        ("pass", ["payments/actions/a.py:4: payments.actions.a.deed writes nothing"]),
    ],
)
def test_a_silent_deed_is_seen(part: str, found: list[str]) -> None:
    graph = graph_of([Source("payments/actions/a.py", DEED.format(part))])

    lines = list(silent_deeds(graph, excused={}))

    assert [line.removesuffix(" into the audit trail") for line in lines] == found


# --- doors --------------------------------------------------------------------------------------


def operations() -> Iterator[tuple[OperationsAdmin, Operation, bool]]:
    """Yield every button with its page, and whether it is one of a row."""
    for page in admin.site._registry.values():
        if isinstance(page, OperationsAdmin):
            for operation in page.row_operations:
                yield page, operation, True
            for operation in page.list_operations:
                yield page, operation, False


BUTTONS = list(operations())
NAMES_OF_BUTTONS = [f"{page.opts.model_name}-{each.name}" for page, each, _row in BUTTONS]


class SampleRefusalError(DomainError):
    """Nothing was written."""

    code = "sample_refusal"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("desk_of", "operation", "is_of_row"), BUTTONS, ids=NAMES_OF_BUTTONS)
def test_every_button_keeps_its_refusal_once(
    desk_of: OperationsAdmin,
    operation: Operation,
    is_of_row: bool,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    # Given a button that may be pressed, and a deed that is refused
    def refuse(*_args: object) -> None:
        raise SampleRefusalError

    row = desk_of.model(pk=1 if desk_of.opts.pk.get_internal_type() == "BigAutoField" else "row_1")
    monkeypatch.setattr(operation, "perform", refuse)
    monkeypatch.setattr(operation, "form", lambda *_args: PlainForm({}))
    monkeypatch.setattr(operation, "panels", lambda *_args: [])
    monkeypatch.setattr(operation, "hidden", lambda *_args: [])
    monkeypatch.setattr(operation, "hindrance", lambda *_args: "")
    monkeypatch.setattr(operation, "is_offered", lambda *_args: True)
    monkeypatch.setattr(desk_of, "get_object", lambda *_args: row)
    settings.STAFF_SECOND_FACTOR = False
    person = desk(is_superuser=True)
    show_second_factor(person)
    address = reverse(f"admin:{desk_of._name(operation)}", args=[row.pk] if is_of_row else [])

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        person.post(address, REMOTE_ADDR="203.0.113.7")

    # Then
    kept = AuditEntry.objects.get()
    assert (kept.action, kept.reason) == (f"{operation.deed}.refused", "sample_refusal")
    assert kept.actor == f"user:{User.objects.get().pk}"
    assert kept.subject == (
        desk_of.audit_subject(str(row.pk)) if is_of_row else desk_of.opts.model_name
    )
    assert kept.client_ip == "203.0.113.7"
    assert kept.request_id


@pytest.mark.parametrize("operation", [each for _page, each, _row in BUTTONS])
def test_every_button_reaches_the_audit_trail(operation: Operation, graph: Graph) -> None:
    # What all buttons of a kind share calls what each of them says of its own.
    methods = [
        f"{each.__module__}.{each.__qualname__}.{name}"
        for each in type(operation).__mro__
        for name in vars(each)
    ]

    if type(operation).__name__ in ONLY_SHOWING:
        return
    assert any(graph.reaches(method, RECORD) for method in methods)


def test_every_view_that_takes_a_post_keeps_its_refusals(graph: Graph) -> None:
    views = list(posts(source for source in house() if source.is_door))

    silent = {name for name in views if not graph.reaches(name, REFUSE)}
    assert silent == NOT_ABOUT_MONEY.keys()
    assert len(views) > 5


def test_every_write_of_the_api_names_its_deed() -> None:
    from config.api.urls import urlpatterns
    from payments.api.doors import Door
    from tests.architecture.doors import addresses

    unnamed = set()
    for address in addresses(urlpatterns):
        view = getattr(address.view, "cls", None)
        methods = getattr(address.view, "actions", None) or {}
        if view is None or not issubclass(view, Door):
            continue
        named = view.deeds
        unnamed |= {
            f"{view.__name__}.{action}"
            for method, action in methods.items()
            if method in {"post", "put", "patch", "delete"} and action not in named
        }

    assert unnamed == set()


# --- words --------------------------------------------------------------------------------------


def known_codes() -> set[str]:
    """Return every code that the product can write."""
    sources = [source for source in house() if "/simulator/" not in source.path]
    found = {code for source in sources for code in codes(source)}
    found |= {code for expanded in MADE_OF_PARTS.values() for code in expanded}
    found |= {code for expanded in SAID_OTHERWISE.values() for code in expanded}
    return found | {f"{kind}.{outcome}" for kind in kinds_of_approvals() for outcome in OUTCOMES}


def kinds_of_approvals() -> set[str]:
    found: set[str] = set()
    for source in house():
        for expression in approval_kinds(source):
            if expression in KINDS_OF_APPROVALS:
                found |= set(KINDS_OF_APPROVALS[expression])
            elif expression.startswith("'"):
                found.add(expression.strip("'"))
            else:
                module = importlib.import_module(source.module)
                found.add(str(attrgetter(expression)(module)))
    return found


def test_every_deed_has_words() -> None:
    wordless = sorted(code for code in known_codes() if not has_words(code))

    assert wordless == [], "name them by ledger.admin.deeds.name_deeds in <app>/admin/deed_names.py"
    assert len(known_codes()) > 100


def test_every_code_that_is_put_together_is_spelt_out() -> None:
    # The simulator tells what happens in it under names of its own; no audit trail has them.
    sources = [source for source in house() if "/simulator/" not in source.path]
    found = {parts for source in sources for _path, parts in codes_made_of_parts(source)}

    # `{kind}.requested` is understood once the kind is a noun; other verbs have to be known.
    assert {parts for parts in found if not has_verb(parts.rpartition("}.")[2])} == (
        MADE_OF_PARTS.keys()
    )


def test_a_deed_reads_as_words() -> None:
    assert deed_words("settlement.submitted") == "settlement: submitted"
    assert deed_words("settlement.submit.refused") == "refused · settlement: submit"
    assert deed_words("nobody.knows") == "nobody.knows"
