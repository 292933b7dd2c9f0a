"""The house is tidy; each rule is shown a sample that it must not let pass."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from django.utils.functional import Promise

from ledger.errors import DomainError
from tests.architecture import tidy
from tests.architecture.sources import PRODUCT, Source, house
from tests.architecture.sources import tests as suite
from tests.architecture.tidy import RULES, RULES_OF_TESTS, Rule

SAMPLES: list[tuple[Rule, str, str]] = [
    (tidy.modules_fit_a_short_sitting, "payments/pricing.py", "x = 1\n" * 301),
    (tidy.lines_fit_the_page, "payments/pricing.py", "x = 1  # " + "long " * 20),
    (tidy.functions_fit_a_screen, "payments/pricing.py", "def fee():\n" + "    x = 1\n" * 50),
    (
        tidy.functions_fit_a_screen,
        "risk/actions/limits.py",
        "def set_limit():\n" + "    x = 1\n" * 70,
    ),
    (tidy.files_have_names, "payments/utils.py", ""),
    (tidy.files_have_names, "payments/common/pricing.py", ""),
    (tidy.rows_are_locked_in_locks, "payments/queries/a.py", "rows.select_for_update()"),
    (tidy.rows_are_locked_in_locks, "payments/actions/a.py", "sql = 'SELECT 1 FOR UPDATE'"),
    (tidy.rows_are_locked_in_locks, "risk/actions/a.py", "sql = 'SELECT 1 FOR NO KEY UPDATE'"),
    (tidy.only_doors_read_the_clock, "payments/actions/a.py", "at = timezone.now()"),
    (tidy.only_doors_read_the_clock, "payments/api/a.py", "d = django.utils.timezone.now"),
    (tidy.only_doors_read_the_clock, "payments/tasks.py", "from django.utils.timezone import now"),
    (tidy.only_doors_read_the_clock, "ledger/jobs.py", "day = datetime.date.today()"),
    (tidy.money_is_never_a_float, "payments/pricing.py", "def fee(gross: float): pass"),
    (tidy.money_is_never_a_float, "payments/pricing.py", "rate = 0.006"),
    (tidy.money_is_never_a_float, "risk/engine.py", "half = total_minor / 2"),
    (tidy.money_is_never_a_float, "risk/engine.py", "share = 100 / self.fee_bps"),
    (tidy.nothing_is_caught_blindly, "risk/engine.py", "try:\n    x()\nexcept:\n    pass"),
    (tidy.only_actions_write, "payments/admin/a.py", "payment.save()"),
    (tidy.only_actions_write, "payments/tasks.py", "Payment.objects.create()"),
    (tidy.only_actions_write, "risk/queries/a.py", "rows.filter(pk=1).update(x=1)"),
    (tidy.only_actions_write, "config/back_office/home.py", "row.delete()"),
    (tidy.only_actions_write, "settlements/management/commands/a.py", "rows.bulk_create([])"),
    (
        tidy.addresses_come_from_the_middleware,
        "payments/api/a.py",
        "request.META['HTTP_X_FORWARDED_FOR']",
    ),
    (tidy.addresses_come_from_the_middleware, "risk/engine.py", "meta.get('REMOTE_ADDR')"),
]

WELCOME: list[tuple[Rule, str, str]] = [
    (tidy.lines_fit_the_page, "risk/engine.py", "x = '" + "1" * 90 + "'  # type: ignore[misc]"),
    (tidy.functions_fit_a_screen, "payments/pricing.py", "def fee():\n" + "    x = 1\n" * 49),
    (tidy.functions_fit_a_screen, "risk/actions/limits.py", "def set_limit():\n" + "    x\n" * 69),
    (tidy.rows_are_locked_in_locks, "payments/locks.py", "rows.select_for_update()"),
    (tidy.rows_are_locked_in_locks, "risk/engine.py", '"""Explain a SELECT … FOR UPDATE."""'),
    (tidy.only_doors_read_the_clock, "config/clock.py", "at = timezone.now()"),
    (tidy.only_doors_read_the_clock, "risk/management/commands/a.py", "at = timezone.now()"),
    (tidy.only_doors_read_the_clock, "risk/engine.py", "with timezone.override(zone): pass"),
    (tidy.money_is_never_a_float, "payments/pricing.py", "half = total_minor // 2; path = a / b"),
    (tidy.money_is_never_a_float, "payments/channels/transport.py", "timeout: float = 0.5"),
    (tidy.only_actions_write, "payments/actions/a.py", "payment.save()"),
    (tidy.addresses_come_from_the_middleware, "config/middleware.py", "x = 'REMOTE_ADDR'"),
]

LEDGERS_OWN = {
    "apps": "Django's name for the app",
    "chart": "the chart of accounts",
    "rounds": "deeds of a round, of which one that fails starves no other",
    "locks": "which rows Python locks",
    "leaves": "what a sealed row says, byte for byte",
    "merkle": "the tree over the leaves of a block",
    "sealing": "the keyed hash of a block",
    "heads": "where the chain of seals ended, outside the database",
    "checkpoints": "up to where the books were proved, outside the database",
    "actions/proofs": "that the books were proved, on record",
    "admin/seals": "pages of the seals",
    "management/commands/prove_entry": "the proof of one entry",
    "queries/inclusion": "the proof of one row",
    "queries/laws_of_new_postings": "the law of postings since a proof",
    "queries/proofs": "what came of the last proof",
    "tasks": "what workers do for the books",
    "errors/books": "what can be refused about entries",
    "errors/periods": "what can be refused about closed days",
    "actions/journal": "the journal",
    "actions/exports": "that somebody took the books away as a file",
    "actions/periods": "closing and reopening days and months of the books",
    "actions/seals": "sealing",
    "admin/accounts": "pages of the books",
    "admin/books/columns": "reports of the books",
    "admin/books/files": "reports of the books",
    "admin/books/forms": "reports of the books",
    "admin/books/general_ledger": "reports of the books",
    "admin/books/journal_book": "reports of the books",
    "admin/books/pages": "reports of the books",
    "admin/books/statements": "reports of the books",
    "admin/books/trial_balance": "reports of the books",
    "admin/kinds": "what entries are called",
    "admin/owners": "whose an account is",
    "admin/journal": "pages of the books",
    "models/accounts": "accounts and balances",
    "models/journal": "entries and postings",
    "queries/account_statements": "reports of the books",
    "queries/integrity": "what must always be true of the books",
    "queries/journal_book": "reports of the books",
    "queries/reports": "reports of the books",
    "rendering/sheets": "reports of the books as files",
    "rendering/xlsx": "reports of the books as files",
    "models/periods": "days and months of the books, and the balances they end with",
    "models/totals": "control accounts as sums of their subsidiary ledgers",
    "queries/balances": "what stands on accounts now, at an instant, on a day",
    "queries/standing": "what the laws in the database are",
    "queries/laws_of_standing": "whether the laws themselves still stand",
    "queries/laws_of_tiers": "four eyes: how many people must agree",
    "queries/laws_of_postings": "what must always be true of what postings name",
    "queries/laws_of_periods": "what must always be true of closed days and control totals",
    "queries/periods": "which days of the books are closed",
    "models/seals": "blocks of rows that were written",
    "queries/laws_of_seals": "what must always be true of seals",
    "queries/seals": "what is sealed and what waits to be",
}
FOR_THE_HOUSE = {
    "money": "everyone's arithmetic is the ledger's arithmetic",
    "currencies": "the table behind money",
    "identifiers": "prefixed public ids",
    "card_numbers": "no number of a bank card is kept anywhere",
    "encryption": "secrets at rest",
    "errors/root": "the root of every refusal",
    "errors/money": "everyone's arithmetic is the ledger's arithmetic",
    "errors/approvals": "four eyes",
    "errors/tiers": "four eyes: how many people must agree",
    "errors/people": "what people of the staff may do",
    "states": "what a table of allowed moves is; each noun's own table stands in its app",
    "origin": "where a deed comes from",
    "jobs": "deferring by name",
    "actions/job_care": "jobs of every app that were given up",
    "admin/job_names": "jobs of every app that were given up",
    "admin/jobs": "jobs of every app that were given up",
    "errors/jobs": "jobs of every app that were given up",
    "models/jobs": "jobs of every app that were given up",
    "queries/jobs": "jobs of every app that were given up",
    "fault_points": "where tests let a process die, in every app",
    "actions/roles": "what people of the staff may do",
    "queries/roles": "what people of the staff may do",
    "actions/audit": "the audit trail",
    "models/audit": "the audit trail",
    "admin/audit": "the audit trail",
    "admin/configured": "the history of everyone's configuration",
    "admin/differences": "before and after, side by side",
    "admin/history": "the history of everyone's configuration",
    "queries/history": "the history of everyone's configuration",
    "models/configuration_changes": "the history of everyone's configuration",
    "actions/approvals": "four eyes",
    "actions/approval_ends": "four eyes: requests that end undecided",
    "actions/approval_tiers": "four eyes: how many people must agree",
    "queries/approval_tiers": "four eyes: how many people must agree",
    "admin/approval_tiers": "four eyes: how many people must agree",
    "models/approvals": "four eyes",
    "admin/approvals": "four eyes",
    "admin/approval_facts": "four eyes: what people are shown",
    "admin/approval_kinds": "four eyes: who decides on what",
    "admin/approval_panel": "four eyes: the buttons that nouns inherit",
    "queries/approvals": "four eyes",
    "amount_words": "amounts in words, wherever people agree to one",
    "admin/base": "the theme's base class",
    "admin/append_only": "pages that show everything and change nothing",
    "admin/operations": "buttons",
    "admin/asking": "the page between a button and its deed",
    "admin/second_factor": "a fresh second factor before a deed about money",
    "admin/typed_instants": "fields of instants that people type",
    "admin/panels": "what a page is made of",
    "admin/drawing": "curves on pages",
    "admin/showing": "how instants, links and amounts are written on pages",
    "admin/values": "how a field is written on pages",
    "admin/people": "names behind actor references",
    "admin/deeds": "what the deeds of the audit trail are called",
}
"""All that may live in ledger for others' sake (docs/architecture.md); more needs an ADR."""


@pytest.mark.parametrize("rule", RULES)
def test_the_product_is_tidy(rule: Rule) -> None:
    assert [found for source in house() for found in rule(source)] == []


@pytest.mark.parametrize("rule", RULES_OF_TESTS)
def test_the_suite_is_tidy(rule: Rule) -> None:
    assert [found for source in suite() for found in rule(source)] == []


@pytest.mark.parametrize(("rule", "path", "text"), SAMPLES)
def test_the_rule_can_say_no(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), WELCOME)
def test_the_rule_lets_pass_what_it_should(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []


def test_every_rule_was_seen_to_say_no() -> None:
    assert {rule for rule, _, _ in SAMPLES} == {*RULES, *RULES_OF_TESTS}


def test_exceptions_are_of_things_that_exist() -> None:
    paths = {source.path for source in house()}
    functions = {name.split(":")[0] for name in tidy.LONG_FUNCTIONS}
    calls = {name.split(": ")[0] for name in tidy.WRITES_OF_OTHER_THINGS}
    floats = {path for path in tidy.FLOATS if not any(p.startswith(path) for p in paths)}

    assert (functions | calls | {*tidy.CLOCKS, *tidy.ADDRESS_READERS}) - paths | floats == set()


def test_every_refusal_has_a_code_of_its_own_and_says_what_was_written() -> None:
    assert list(_complaints_about_refusals(_refusals())) == []


def test_a_careless_refusal_is_seen() -> None:
    class MuteError(DomainError):
        code = "mute"
        detail = "No."

    class TwinError(DomainError):
        """Nothing was written."""

        code = "mute"

    class NamelessError(TwinError):
        """Nothing was written."""

    found = list(_complaints_about_refusals({MuteError, TwinError, NamelessError}))

    assert sorted(found) == [
        "MuteError does not say whether anything was written",
        "MuteError speaks one language",
        "NamelessError has no code of its own",
        "mute is the code of MuteError, NamelessError, TwinError",
    ]


def _refusals() -> set[type[DomainError]]:
    """Return every refusal of the house; modules are imported so that none hides."""
    for package in PRODUCT:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__):
            name = f"{package}.{module.name}"
            if module.name not in {"migrations", "settings", "asgi", "wsgi"}:
                importlib.import_module(name)
    for source in house():
        if PurePosixPath(source.path).name == "errors.py" or "Error(" in source.text:
            importlib.import_module(source.module)
    return {found for found in _below(DomainError) if found.__module__.split(".")[0] in PRODUCT}


def _below(root: type[DomainError]) -> Iterator[type[DomainError]]:
    for found in root.__subclasses__():
        yield found
        yield from _below(found)


def _complaints_about_refusals(classes: set[type[DomainError]]) -> Iterator[str]:
    codes = Counter(refusal.code for refusal in classes)
    for code, count in codes.items():
        if count > 1:
            names = sorted(refusal.__name__ for refusal in classes if refusal.code == code)
            yield f"{code} is the code of {', '.join(names)}"
    for refusal in classes:
        if "code" not in vars(refusal):
            yield f"{refusal.__name__} has no code of its own"
        words = (refusal.__doc__ or "").lower()
        if not any(verb in words for verb in ("was written", "was read or written", "was booked")):
            yield f"{refusal.__name__} does not say whether anything was written"
        if not isinstance(refusal.detail, Promise):
            yield f"{refusal.__name__} speaks one language"


def test_ledger_is_no_dumping_ground() -> None:
    assert _strangers_in_ledger([source.path for source in house()]) == set()


def test_a_stranger_in_ledger_is_seen() -> None:
    paths = ["ledger/money.py", "ledger/phones.py", "ledger/models/merchants.py", "risk/engine.py"]

    assert _strangers_in_ledger(paths) == {"phones", "models/merchants"}


def _strangers_in_ledger(paths: list[str]) -> set[str]:
    rooms = {
        path.removeprefix("ledger/").removesuffix(".py")
        for path in paths
        if path.startswith("ledger/") and "/migrations/" not in path
    }
    known = {*LEDGERS_OWN, *FOR_THE_HOUSE}
    return {room for room in rooms if not room.endswith("__init__")} - known
