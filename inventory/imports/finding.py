"""Which product a row of an import means: by its codes, else by its name with strength, form and pack."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.text import fold
from files.imports import Column
from inventory.enums import IdentifierKind
from inventory.keys import identifier_key, strength_key
from inventory.models import Product, ProductIdentifier

#: How a table names a product; what every import of something about products begins with.
PRODUCT_COLUMNS = (
    Column("barcode", _("Barcode"), ("ean", "gtin", "الباركود", "باركود"), example="4006381333931"),
    Column("national_code", _("National code"), ("code", "الرمز", "الكود")),
    Column(
        "name_en", _("Name (English)"), ("product", "name", "item", "english name"), example="Amoxil 500 mg"
    ),
    Column("name_ar", _("Name (Arabic)"), ("arabic name", "الاسم", "اسم الصنف", "الصنف", "اسم الدواء")),
    Column("strength", _("Strength"), ("العيار", "التركيز")),
    Column("form", _("Form"), ("الشكل",)),
    Column("pack", _("Pack"), ("العبوة",)),
)


@dataclass(frozen=True)
class Named:
    """What a row says about a product's identity; an empty text says nothing."""

    barcode: str = ""
    national_code: str = ""
    name_en: str = ""
    name_ar: str = ""
    strength: str = ""
    form: str = ""
    pack: str = ""

    def code_keys(self) -> list[tuple[str, str]]:
        pairs = ((IdentifierKind.GTIN, self.barcode), (IdentifierKind.NATIONAL, self.national_code))
        return [(kind.value, identifier_key(kind, code)) for kind, code in pairs if code]

    def identity(self) -> tuple[str, ...]:
        """Equal for rows that mean one product."""
        return (
            fold(self.name_en or self.name_ar),
            strength_key(self.strength),
            fold(self.form),
            fold(self.pack),
        )


@dataclass(frozen=True)
class _Known:
    id: int
    strength: str
    form: str
    pack: str

    def may_be(self, named: Named) -> bool:
        """No stated part differs."""
        return not any(
            said and known and said != known
            for said, known in (
                (strength_key(named.strength), self.strength),
                (fold(named.form), self.form),
                (fold(named.pack), self.pack),
            )
        )


class ProductFinder:
    """Two statements, however many rows ask."""

    def __init__(self, names: Iterable[Named]) -> None:
        asked = list(names)
        self._by_code = _by_code({pair for named in asked for pair in named.code_keys()})
        self._by_name = _by_name({fold(n) for named in asked for n in (named.name_en, named.name_ar) if n})

    def find(self, named: Named) -> list[int]:
        """The products that ``named`` may mean: one is a match, several are for a person to settle."""
        coded = {pk for pair in named.code_keys() for pk in self._by_code.get(pair, ())}
        if coded:
            return sorted(coded)
        known = {
            item.id: item
            for name in (named.name_en, named.name_ar)
            if name
            for item in self._by_name.get(fold(name), ())
        }
        return sorted(item.id for item in known.values() if item.may_be(named))


def _by_code(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], set[int]]:
    """A merged product's codes went over to the one that stayed, so no code leads to it."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    rows = ProductIdentifier.objects.filter(key__in={key for _kind, key in pairs})
    for kind, key, product in rows.values_list("kind", "key", "product_id"):
        found[kind, key].add(product)
    return found


def _by_name(wanted: set[str]) -> dict[str, list[_Known]]:
    found: dict[str, list[_Known]] = defaultdict(list)
    if not wanted:
        return found
    columns = ("pk", "name_en", "name_ar", "strength_key", "form", "pack")
    rows = Product.objects.filter(merged_into__isnull=True).values_list(*columns)
    for pk, name_en, name_ar, strength, form, pack in rows.iterator(chunk_size=5_000):
        for key in {fold(name_en), fold(name_ar)} & wanted:
            found[key].append(_Known(pk, strength, fold(form), fold(pack)))
    return found
