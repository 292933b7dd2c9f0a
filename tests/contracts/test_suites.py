"""The table of suites is what the registry offers, so nobody is left out silently."""

import inspect
from pathlib import Path

import pytest

from payments.channels import base
from payments.channels.base import CaptureMode
from payments.channels.registry import TRAITS
from tests.contracts.counterparts import CHANNELS
from tests.contracts.suites import OPERATIONS_OF, PROTOCOLS, SUITES, UNTRIED

HERE = Path(__file__).parent


def test_who_offers_a_protocol_runs_its_suite_and_nobody_else(name, other):
    offered = {
        suite for suite, protocol in PROTOCOLS.items() if isinstance(other.channel, protocol)
    }
    assert offered == {suite for suite in PROTOCOLS if name in SUITES[suite]}


def test_the_traits_say_the_same(name, expected):
    traits = TRAITS[expected.channel]
    assert (traits.captures is not CaptureMode.NONE) is (name in SUITES["authorising"])
    assert bool(traits.authorises) is (name in SUITES["authorising"])
    assert traits.closes is expected.closes
    assert set(expected.methods) <= traits.methods


def test_the_rows_of_the_fault_matrix_are_those_of_the_suites(name, expected):
    for suite, operations in OPERATIONS_OF.items():
        assert (operations <= set(expected.calls)) is (name in SUITES[suite])
        assert bool(operations & set(expected.calls)) is (name in SUITES[suite])


def test_every_protocol_of_the_port_has_a_suite():
    protocols = {
        name
        for name in base.__all__
        if getattr(getattr(base, name), "_is_protocol", False) and name != "Channel"
    }
    assert protocols == {protocol.__name__ for protocol in PROTOCOLS.values()} | set(UNTRIED)
    assert all((HERE.parents[1] / module).is_file() for module in UNTRIED.values())


@pytest.mark.parametrize("suite", sorted(SUITES))
def test_every_suite_is_a_module(suite):
    module = HERE / f"test_{suite}.py"
    assert inspect.cleandoc(module.read_text()).startswith('"""')
    assert set(SUITES[suite]) <= set(CHANNELS)
