"""The Arabic catalogue is whole: every string of the source is there, translated, with its placeholders."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale" / "ar" / "LC_MESSAGES" / "django.po"
LEFT_OUT = {"tests", "bench", "node_modules", "staticfiles", "migrations"}

SINGULAR = {"_", "n_", "_now", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}

PLACEHOLDER = re.compile(r"%%|%\(\w+\)[sdrf]|%[sdrf]|\{\w*\}")
TAG_TRANSLATE = re.compile(r"{%\s*(?:translate|trans)\s+(?P<quote>[\"'])(?P<text>.*?)(?P=quote)")
ARGUMENT_TRANSLATE = re.compile(r"_\((?P<quote>[\"'])(?P<text>.*?)(?P=quote)\)")
BLOCK_TRANSLATE = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)(?P<options>[^%]*)%}(?P<text>.*?)"
    r"(?:{%\s*plural[^%]*%}(?P<plural>.*?))?{%\s*end(?:blocktranslate|blocktrans)\s*%}",
    re.DOTALL,
)
VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")


def sources(suffix: str) -> Iterator[Path]:
    for path in sorted(ROOT.rglob(f"*{suffix}")):
        parts = path.relative_to(ROOT).parts
        if not any(part in LEFT_OUT or part.startswith(".") for part in parts):
            yield path


def literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def strings_of_python(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        wanted = node.args[1:2] if name in WITH_CONTEXT else node.args[:1]
        if name in SINGULAR | PLURAL | WITH_CONTEXT:
            yield from (found for found in map(literal, wanted) if found)


def strings_of_template(text: str) -> Iterator[str]:
    for pattern in (TAG_TRANSLATE, ARGUMENT_TRANSLATE):
        yield from (match["text"].replace("%", "%%") for match in pattern.finditer(text))
    for match in BLOCK_TRANSLATE.finditer(text):
        message = VARIABLE.sub(r"%(\1)s", match["text"])
        if "trimmed" in match["options"]:
            message = " ".join(line.strip() for line in message.strip().splitlines())
        yield message


def source_strings() -> dict[str, str]:
    """Each string that the source marks, with a file that holds it."""
    found: dict[str, str] = {}
    for suffix, strings in (
        (".py", strings_of_python),
        (".html", strings_of_template),
        (".txt", strings_of_template),
    ):
        for path in sources(suffix):
            for text in strings(path.read_text(encoding="utf-8")):
                found.setdefault(text, str(path.relative_to(ROOT)))
    return found


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def texts_of(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_string_of_the_source_is_in_the_catalogue(catalogue: polib.POFile) -> None:
    known = {entry.msgid for entry in catalogue if not entry.obsolete}
    missing = {text: where for text, where in source_strings().items() if text not in known}
    assert not missing, "run `manage.py makemessages -l ar` and translate"


def test_nothing_is_untranslated_or_unsure(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if not entry.obsolete and not all(texts_of(entry))] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


def test_arabic_has_its_six_plural_forms(catalogue: polib.POFile) -> None:
    assert catalogue.metadata["Plural-Forms"].startswith("nplurals=6;")
    wrong = [
        entry.msgid for entry in catalogue if entry.msgid_plural and set(entry.msgstr_plural) != set(range(6))
    ]
    assert wrong == []


def test_translations_keep_the_placeholders(catalogue: polib.POFile) -> None:
    """The form for none may leave the count out; every other form names exactly what the source names."""
    wrong = []
    for entry in catalogue:
        wanted = sorted(PLACEHOLDER.findall(entry.msgid))
        forms = texts_of(entry)[1:] if entry.msgid_plural else texts_of(entry)
        wrong += [(entry.msgid, text) for text in forms if sorted(PLACEHOLDER.findall(text)) != wanted]
    assert wrong == []


def test_the_extraction_reads_what_the_source_writes() -> None:
    python = 'x = _("one"); y = ngettext("%d two", "%d twos", 2); z = n_("thr" "ee"); other("four")'
    assert list(strings_of_python(python)) == ["one", "%d two", "three"]
    template = (
        '{% translate "One" %} {% include "x" with title=_("Two") %}'
        "{% blocktranslate trimmed with a=b %}\n  Page {{ a }}\n  of many\n{% endblocktranslate %}"
    )
    assert list(strings_of_template(template)) == ["One", "Two", "Page %(a)s of many"]
