"""The ways in which wholesalers lay out a list. A new layout is a new entry here."""

from dataclasses import dataclass, replace

__all__ = ["LAYOUTS", "Layout"]


@dataclass(frozen=True)
class Layout:
    """How a list looks. `columns` stand in reading order: from the right in Arabic, from the left otherwise."""

    name: str
    language: str = "ar"
    columns: tuple[str, ...] = ("name", "bonus", "price")
    titles: dict[str, str] | None = None
    rules: str = "none"  # none, grid, rows
    blocks: int = 1
    bonus_order: str = "free_first"
    arabic_digits: bool = False
    header: str = "every"  # every page, first page only, none
    sections: bool = True
    section_style: str = "bold"  # bold, plain, filled
    subtotals: bool = False
    size: float = 10.0
    leading: float = 1.75  # distance between rows, in font sizes
    wrap: bool = False
    valign: str = "top"  # where the short cells of a wrapped row stand: top, middle
    turns_pairs: bool = False  # turns 4+10 round after an Arabic word, as strict bidirectional layout does
    decimals: int = 0
    group: str = ","
    decimal: str = "."
    no_offer: str = ""
    joiner: str = "او"
    pieces: str = "cell"  # what is drawn in one go: cell, word
    footer: bool = True
    index: bool = False
    landscape: bool = False


_ARABIC = Layout("arabic_list")
_ENGLISH = Layout(
    "english_buy_first", language="en", bonus_order="paid_first", decimals=2, joiner=" or ", no_offer="-"
)

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        _ARABIC,
        replace(_ARABIC, name="arabic_dots", no_offer=".", joiner="او ", pieces="word"),
        replace(_ARABIC, name="arabic_ruled", rules="grid", section_style="filled"),
        replace(_ARABIC, name="arabic_ruled_wrapped", rules="grid", wrap=True, valign="middle", size=12),
        replace(_ARABIC, name="arabic_rows_ruled", rules="rows", columns=("price", "bonus", "name")),
        replace(_ARABIC, name="arabic_blocks", blocks=2, size=7.5),
        replace(_ARABIC, name="arabic_blocks_ruled", blocks=2, size=7.5, rules="grid"),
        replace(_ARABIC, name="arabic_digits", arabic_digits=True, group="٬", decimal="٫"),
        replace(_ARABIC, name="arabic_turned", turns_pairs=True),
        replace(_ARABIC, name="arabic_wrapped", wrap=True, size=12, leading=2.0),
        replace(
            _ARABIC, name="arabic_discount", decimals=2, subtotals=True,
            columns=("name", "pack", "public_price", "price", "discount", "net"), size=8.5,
        ),
        replace(_ARABIC, name="arabic_headless", header="none", footer=False),
        replace(_ARABIC, name="arabic_first_header", header="first", columns=("name", "price", "bonus"), index=True),
        _ENGLISH,
        replace(_ENGLISH, name="english_ruled", rules="grid", columns=("name", "pack", "price", "bonus", "expiry"), index=True),
        replace(
            _ENGLISH, name="english_discount", columns=("name", "pack", "public_price", "price", "discount", "net"),
            subtotals=True, size=9,
        ),
        replace(_ENGLISH, name="english_free_first", bonus_order="free_first", columns=("bonus", "name", "price")),
        replace(_ENGLISH, name="english_blocks", blocks=2, size=7),
        replace(_ENGLISH, name="english_comma", decimal=",", group=".", rules="rows"),
        replace(_ENGLISH, name="french_list", language="fr", decimal=",", group="\u00a0", joiner=" ou "),
    )
}  # fmt: skip
