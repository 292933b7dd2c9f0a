"""The first column of a list links to the row, and still speaks the reader's language."""

from django.utils import translation

from ledger.admin.values import column
from ledger.models import ApprovalRequest


def test_a_choice_in_the_first_column_is_said_in_words() -> None:
    """What the table keeps is a code."""
    # Given a list that begins with a field of choices
    show = column(ApprovalRequest._meta.get_field("state"), currency_path="currency", is_first=True)

    # Then the column says the choice in words, not in the table's code
    with translation.override("zh-hans"):
        assert show(ApprovalRequest(state="pending")) == "待复核"


def test_a_field_without_choices_is_shown_as_it_is() -> None:
    """A number or an id is what people search for."""
    # Given a list that begins with a field without choices
    show = column(ApprovalRequest._meta.get_field("kind"), currency_path="currency", is_first=True)

    # Then the column shows the value
    assert show(ApprovalRequest(kind="settlement")) == "settlement"
