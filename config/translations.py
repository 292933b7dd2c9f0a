"""The catalogues of the interface: collect, compile and prove them, without gettext's programs.

`python -m config.translations update` collects every translatable string of ours and of the back
office's theme (which ships no Chinese) into `locale/zh_Hans`; `compile` writes the `.mo` files;
`check` exits with 1 and a list when a string is missing, empty or fuzzy.
"""

import gettext
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BASE_DIR = Path(__file__).resolve().parent.parent
CATALOGUE = BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
OUR_FOLDERS = ["config", "ledger", "payments", "risk", "settlements", "templates"]
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def collect() -> Catalog:
    """Return every string that people may read, ours and the theme's."""
    import unfold

    catalogue = Catalog(charset="utf-8")
    for folder in OUR_FOLDERS:
        _collect_folder(BASE_DIR / folder, into=catalogue)
    theirs = Catalog(charset="utf-8")
    _collect_folder(Path(unfold.__file__).parent, into=theirs)
    known = list(_catalogues_of_django())
    for message in theirs:
        if message.id and not any(_is_translated(message, by) for by in known):
            catalogue.add(message.id, context=message.context, flags=message.flags)
    return catalogue


def complaints(collected: Catalog, *, translated: Catalog) -> list[str]:
    """Return a sentence for every string that the catalogue lacks, or no longer needs."""
    found = []
    for message in collected:
        if not message.id:
            continue
        ours = translated.get(_first(message), message.context)
        if ours is None:
            found.append(f"missing: {_first(message)!r}")
        elif not all(ours.string if isinstance(ours.string, tuple) else [ours.string]):
            found.append(f"empty: {_first(message)!r}")
        elif ours.fuzzy:
            found.append(f"fuzzy: {_first(message)!r}")
        else:
            found.extend(f"{_first(message)!r}: {error}" for error in _placeholders_lost(ours))
    found.extend(
        f"no longer used: {_first(message)!r}"
        for message in translated
        if message.id and collected.get(_first(message), message.context) is None
    )
    return found


def update() -> None:
    """Bring the catalogue up to date with the source, keeping what is translated."""
    collected = collect()
    catalogue = _read() or Catalog(locale="zh_Hans", charset="utf-8", fuzzy=False)
    catalogue.update(collected, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, no_location=True, sort_output=True, omit_header=False)
    CATALOGUE.write_bytes(buffer.getvalue())


def compile_all() -> None:
    """Write a `.mo` beside every `.po`."""
    for source in sorted((BASE_DIR / "locale").glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as stream:
            catalogue = read_po(stream)
        with source.with_suffix(".mo").open("wb") as stream:
            write_mo(stream, catalogue)


def check() -> list[str]:
    """Return what is wrong with the catalogue as it lies there."""
    catalogue = _read()
    if catalogue is None:
        return [f"{CATALOGUE.relative_to(BASE_DIR)} does not exist."]
    return complaints(collect(), translated=catalogue)


def _collect_folder(folder: Path, *, into: Catalog) -> None:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            source = path.read_bytes()
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            source = _as_python(path.read_text(), origin=str(path))
        else:
            continue
        for _line, message_id, _comments, context in extract(
            "python", io.BytesIO(source), keywords=KEYWORDS
        ):
            into.add(message_id, context=context)


def _as_python(template: str, *, origin: str) -> bytes:
    """Return a template as the lines of calls that Django's own makemessages would read.

    What is not a call has become words of B and X; without their indentation Python reads them.
    """
    from django.utils.translation.template import templatize

    lines = templatize(template, origin=origin).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def _catalogues_of_django() -> Iterator[gettext.GNUTranslations]:
    """Yield the Chinese catalogues of Django, which are looked into after ours."""
    for path in sorted(Path(django.__file__).parent.rglob("zh_Hans/LC_MESSAGES/django.mo")):
        with path.open("rb") as stream:
            yield gettext.GNUTranslations(stream)


def _is_translated(message: Message, by: gettext.GNUTranslations) -> bool:
    text = _first(message)
    if message.context:
        return by.pgettext(message.context, text) != text
    return by.gettext(text) != text


def _placeholders_lost(message: Message) -> list[str]:
    return [str(error) for error in message.check()]


def _first(message: Message) -> str:
    text: str = message.id[0] if isinstance(message.id, tuple | list) else message.id
    return text


def _read() -> Catalog | None:
    if not CATALOGUE.exists():
        return None
    with CATALOGUE.open("rb") as stream:
        return read_po(stream)


def main(arguments: list[str]) -> int:
    """Run one of the three deeds and return the exit code."""
    deed = arguments[0] if arguments else "check"
    if deed == "update":
        update()
    elif deed == "compile":
        compile_all()
    elif deed == "check":
        found = check()
        sys.stdout.writelines(f"{sentence}\n" for sentence in found)
        return 1 if found else 0
    else:
        sys.stderr.write(f"update, compile or check, but not {deed}.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
