"""Every word that people read can be said in another language."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps
from django.utils.translation import gettext_lazy as _

from tests.architecture.sources import APPS, PRODUCT, ROOT, Source, house
from tests.architecture.words import bare_keywords, bare_words, unspoken_models


def test_models_speak_every_language() -> None:
    ours = [model for model in apps.get_models() if model._meta.app_label in APPS]

    assert list(unspoken_models(ours)) == []


def test_a_model_of_one_language_is_seen() -> None:
    with isolate_apps("ledger"):

        class Mute(models.Model):
            note = models.TextField()
            spoken = models.CharField(_("spoken"), choices=[("a", "A"), ("b", _("B"))])

            class Meta:
                app_label = "ledger"
                permissions = [("shout", "Can shout")]

        found = list(unspoken_models([Mute]))

    assert found == [
        "ledger.Mute is called 'mute'",
        "ledger.Mute.note is called 'note'",
        "ledger.Mute.spoken: a is called 'A'",
        "ledger.Mute: shout is called 'Can shout'",
    ]


def templates() -> list[Path]:
    return [
        path
        for folder in ("templates", *PRODUCT)
        for path in sorted((ROOT / folder).rglob("*.html"))
        if "templates" in path.parts
    ]


def test_templates_speak_every_language() -> None:
    found = [
        sentence
        for path in templates()
        for sentence in bare_words(path.relative_to(ROOT).as_posix(), path.read_text())
    ]

    assert len(templates()) > 30
    assert found == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>\nPaid out</p>", ["t.html:2: Paid out"]),
        ('<p title="Paid out">1</p>', ["t.html:1: Paid out"]),
        ('{% if paid %}\n<a aria-label="Back"></a>{% endif %}', ["t.html:2: Back"]),
        ("{# why #}{{ amount }} Total", ["t.html:1: Total"]),
        ("<td>余额</td>", ["t.html:1: 余额"]),
    ],
)
def test_bare_words_are_seen(template: str, found: list[str]) -> None:
    assert list(bare_words("t.html", template)) == found


@pytest.mark.parametrize(
    "template",
    [
        '<p class="amount">{% translate "Paid out" %}</p>',
        '<p title="{% translate "Paid out" %}">{{ amount }} &nbsp;·</p>',
        "{% blocktranslate %}Paid <b>out</b>{% endblocktranslate %}",
        "{% blocktrans with a=b %}Paid{% endblocktrans %}<code>outcome</code>",
        "{# Paid out #}{% comment %}Paid out{% endcomment %}<style>p { color: red }</style>",
    ],
)
def test_translated_words_are_let_pass(template: str) -> None:
    assert list(bare_words("t.html", template)) == []


def test_doors_speak_every_language() -> None:
    assert [found for source in house() for found in bare_keywords(source)] == []


def test_a_bare_label_is_seen() -> None:
    bare = "field = CharField(label='Reason', help_text=_('Say why.'), required=True)"

    assert list(bare_keywords(Source("payments/portal/forms.py", bare))) == [
        "payments/portal/forms.py:1: label='Reason'"
    ]
    assert list(bare_keywords(Source("payments/actions/forms.py", bare))) == []
