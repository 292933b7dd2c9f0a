"""What is asked of words that people read: each can be said in another language."""

import ast
import re
from collections.abc import Iterable, Iterator

from django.db import models
from django.utils.functional import Promise

from tests.architecture.sources import Source

_SILENT = re.compile(
    r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}"
    r"|\{%\s*blocktrans.*?endblocktrans(late)?\s*%\}"
    r"|\{%\s*block bodyclass.*?endblock\s*%\}"
    r"|<script\b.*?</script>|<style\b.*?</style>|<code\b.*?</code>|<!--.*?-->",
    re.DOTALL,
)
_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>", re.DOTALL)
_SPOKEN_ATTRIBUTE = re.compile(
    r"\b(?:title|alt|placeholder|aria-label|aria-description|data-label)\s*=\s*\"([^\"]*)\""
)
_ENTITY = re.compile(r"&#?\w+;")
_WORD = re.compile(r"[^\W\d_]{2,}")

NAMES = {"Tianping", "天平", "CSV", "XLSX", "openapi", "json", "outcome", "retry"}
"""Words that are the same in every language: names, files, members of the API's problems."""

SPEAKING_KEYWORDS = {"verbose_name", "verbose_name_plural", "help_text", "label", "description"}
FORMS_AND_PAGES = ("admin", "portal", "checkout", "back_office")


def unspoken_models(found: Iterable[type[models.Model]]) -> Iterator[str]:
    """Models, their fields, choices and permissions have names that can be translated."""
    for model in found:
        meta = model._meta
        names = {meta.label: meta.verbose_name, **_names_of_fields(model)}
        names |= {f"{meta.label}: {codename}": name for codename, name in meta.permissions}
        for thing, name in names.items():
            if not isinstance(name, Promise):
                yield f"{thing} is called {name!r}"


def _names_of_fields(model: type[models.Model]) -> dict[str, object]:
    names: dict[str, object] = {}
    for field in model._meta.concrete_fields:
        # What a proxy inherits is named by whoever declares it; its page says it in our words.
        if not field.auto_created and field.model is model:
            names[f"{field}"] = field.verbose_name
            names |= {f"{field}: {value}": label for value, label in field.flatchoices}
    return names


def bare_words(path: str, template: str) -> Iterator[str]:
    """A template says nothing outside `translate` and `blocktranslate`."""
    markup = _CODE.sub(_blank, _SILENT.sub(_blank, template))
    for number, line in enumerate(_TAG.sub(_blank, markup).splitlines(), 1):
        if words := _words(line):
            yield f"{path}:{number}: {' '.join(words)}"
    for match in _SPOKEN_ATTRIBUTE.finditer(markup):
        if words := _words(match[1]):
            yield f"{path}:{markup.count(chr(10), 0, match.start()) + 1}: {' '.join(words)}"


def bare_keywords(source: Source) -> Iterator[str]:
    """A door passes no plain text as a label, a description or a name of something on a page."""
    if source.floor not in FORMS_AND_PAGES:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.keyword) or node.arg not in SPEAKING_KEYWORDS:
            continue
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
            yield f"{source.at(value)}: {node.arg}={value.value!r}"


def _blank(match: re.Match[str]) -> str:
    """Keep the lines of what is taken out, so that findings name theirs."""
    return " " + "\n" * match[0].count("\n")


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(_ENTITY.sub(" ", text)) if word not in NAMES]
