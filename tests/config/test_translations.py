"""Collecting strings, and what is said about a catalogue that lacks some."""

import pytest
from babel.messages.catalog import Catalog

from config import translations


def catalogue(*messages):
    made = Catalog(locale="zh_Hans")
    for message_id, string, flags in messages:
        made.add(message_id, string, flags=flags)
    return made


def test_collects_from_modules_and_templates(tmp_path):
    # Given
    (tmp_path / "templates").mkdir()
    (tmp_path / "page.py").write_text(
        "from x import gettext as _, ngettext\n"
        '_("A page")\n'
        'ngettext("%(n)s day", "%(n)s days", 2)\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}\n    {% translate "Hello" %}\n  {% blocktranslate with a=b trimmed %}\n'
        '     Dear\n {{ a }}\n{% endblocktranslate %}\n{% translate "May" context "verb" %}'
        '{{ _("Aside")|upper }}'
    )

    # When
    collected = Catalog()
    translations._collect_folder(tmp_path, into=collected)

    # Then
    assert {(message.id, message.context) for message in collected if message.id} == {
        ("A page", None),
        (("%(n)s day", "%(n)s days"), None),
        ("Hello", None),
        ("Dear %(a)s", None),
        ("May", "verb"),
        ("Aside", None),
    }


@pytest.mark.parametrize(
    ("translated", "expected"),
    [
        (catalogue(("Paid", "已付", [])), []),
        (catalogue(), ["missing: 'Paid'"]),
        (catalogue(("Paid", "", [])), ["empty: 'Paid'"]),
        (catalogue(("Paid", "已付", ["fuzzy"])), ["fuzzy: 'Paid'"]),
        (catalogue(("Paid", "已付", []), ("Old", "旧", [])), ["no longer used: 'Old'"]),
    ],
)
def test_says_what_a_catalogue_lacks(translated, expected):
    collected = catalogue(("Paid", "", []))

    assert translations.complaints(collected, translated=translated) == expected


def test_says_which_placeholder_was_lost():
    collected = catalogue(("%(count)s payments", "", ["python-format"]))
    translated = catalogue(("%(count)s payments", "%(number)s 笔付款", ["python-format"]))

    (sentence,) = translations.complaints(collected, translated=translated)

    assert "%(count)s payments" in sentence


def test_the_theme_is_collected_where_django_has_no_word_for_it():
    collected = translations.collect()

    assert collected.get("Wiring") is not None
    assert len([message for message in collected if message.id]) > 100
