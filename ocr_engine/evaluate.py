"""Measures a reading against a truth file: `python -m ocr_engine.evaluate FILE.pdf TRUTH.csv`.

The truth is a CSV with the columns page, row, name, offer, price, as a person typed them: rows without a price are
titles of sections. What an offer cell means is worked out here once more, apart from the reader's own code.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any

from ocr_engine.reading import ReadingError, read_document

__all__ = ["Figures", "evaluate", "main"]

_PAIR = re.compile(r"(\d+)\s*\+\s*(\d+)")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


@dataclass(frozen=True)
class TruthRow:
    """A priced row of the truth, with the title it stands under."""

    page: int
    name: str
    offer: str
    price: str
    section: str


@dataclass
class Figures:
    """What came out. `problems` names each difference."""

    truth_rows: int = 0
    read_rows: int = 0
    matched: int = 0
    prices: int = 0
    names: int = 0
    sections: int = 0
    bonus_cells: int = 0
    plain: int = 0
    plain_right: int = 0
    doubtful: int = 0
    doubtful_marked: int = 0
    guessed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return (
            self.matched == self.truth_rows == self.read_rows
            and self.prices == self.truth_rows
            and self.names >= 0.99 * self.truth_rows
            and self.plain_right == self.plain
            and self.doubtful_marked == self.doubtful
            and self.guessed == 0
        )

    def report(self) -> str:
        def share(part: int, whole: int) -> str:
            return f"{part} of {whole}" + (f" ({100 * part / whole:.2f} %)" if whole else "")

        return "\n".join(
            [
                f"priced rows found     {share(self.matched, self.truth_rows)}, {self.read_rows - self.matched} too many",
                f"prices right          {share(self.prices, self.truth_rows)}",
                f"names equal           {share(self.names, self.truth_rows)}",
                f"sections equal        {share(self.sections, self.truth_rows)}",
                f"bonus cells           {self.bonus_cells}",
                f"  plain, in tiers     {share(self.plain_right, self.plain)}",
                f"  suspect or with a condition, flagged or typed  {share(self.doubtful_marked, self.doubtful)}",
                f"  guessed             {self.guessed}",
            ]
        )


def squeeze(text: str) -> str:
    """White space folded."""
    return " ".join(text.split())


def read_truth(path: Path) -> list[TruthRow]:
    rows: list[TruthRow] = []
    section = ""
    with path.open(encoding="utf-8-sig", newline="") as source:
        for number, row in enumerate(csv.DictReader(source)):
            price = row["price"].strip()
            if not re.search(r"\d", price.translate(_DIGITS)):
                if number:
                    section = squeeze(row["name"])
                continue
            rows.append(
                TruthRow(int(row["page"]), squeeze(row["name"]), squeeze(row["offer"]), price, section)
            )
    return rows


def _amount(text: str) -> str:
    return re.sub(r"[^\d.]", "", text.translate(_DIGITS).replace("٫", "."))


def _align(
    truth: Sequence[TruthRow], lines: Sequence[dict[str, Any]]
) -> list[tuple[TruthRow, dict[str, Any]]]:
    """Rows matched in order: equal ones first, then those that stand between the same neighbours."""
    ours = [(row.page, row.name.replace(" ", ""), _amount(row.price)) for row in truth]
    read = [
        (
            line["page"],
            squeeze(line["fields"]["name"]["value"] or "").replace(" ", ""),
            line["fields"].get("price", {}).get("value") or "",
        )
        for line in lines
    ]
    pairs = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, ours, read, autojunk=False).get_opcodes():
        if tag in {"equal", "replace"}:
            pairs += [(truth[a], lines[b]) for a, b in zip(range(a0, a1), range(b0, b1), strict=False)]
    return pairs


def evaluate(lines: Sequence[dict[str, Any]], truth: Sequence[TruthRow], order: str | None) -> Figures:
    """Compare lines of the contract with the truth. `order` is the document's order of writing a bonus."""
    figures = Figures(truth_rows=len(truth), read_rows=len(lines))
    for row, line in _align(truth, lines):
        figures.matched += 1
        name = squeeze(line["fields"]["name"]["value"] or "")
        price = line["fields"].get("price", {}).get("value")
        _count(figures, "prices", price == _amount(row.price), f"price {row.price!r} read as {price!r}", row)
        _count(figures, "names", name == row.name, f"name {row.name!r} read as {name!r}", row)
        section = squeeze(line["section"] or "")
        _count(figures, "sections", section == row.section, f"section {row.section!r}: {section!r}", row)
        _bonus(figures, row, line, order)
    return figures


def _count(figures: Figures, what: str, right: bool, problem: str, row: TruthRow) -> None:  # noqa: FBT001
    if right:
        setattr(figures, what, getattr(figures, what) + 1)
    else:
        figures.problems.append(f"page {row.page}, {row.name}: {problem}")


def _bonus(figures: Figures, row: TruthRow, line: dict[str, Any], order: str | None) -> None:
    cell = line["fields"].get("bonus") or {}
    tiers = cell.get("value")
    if row.offer in {"", ".", "-"}:
        figures.guessed += bool(tiers)
        return
    figures.bonus_cells += 1
    text = row.offer.translate(_DIGITS)
    pairs = [(int(a), int(b)) for a, b in _PAIR.findall(text)]
    wanted = [(b, a) if order == "free_first" else (a, b) for a, b in pairs]
    words = re.sub(r"او|or|[\d+\s/,]", "", text)
    found = [(tier["buy"], tier["free"]) for tier in tiers or []]
    if pairs and not words and not _is_suspect(wanted):
        figures.plain += 1
        clean = found == wanted and not any(tier.get("flags") for tier in tiers or [])
        _count(figures, "plain_right", clean, f"bonus {row.offer!r} read as {tiers!r}", row)
        return
    figures.doubtful += 1
    conditions = (line["fields"].get("conditions") or {}).get("value") or []
    marked = bool(line["flags"] or conditions or any(tier.get("flags") for tier in tiers or []))
    _count(figures, "doubtful_marked", marked, f"offer {row.offer!r} passed unmarked", row)
    figures.guessed += bool(found) and found != wanted


def _is_suspect(tiers: Sequence[tuple[int, int]]) -> bool:
    if len(tiers) == 1:
        return tiers[0][1] > tiers[0][0]
    ordered = sorted(tiers)
    return any(
        below[0] == above[0] or above[1] * below[0] < below[1] * above[0]
        for below, above in pairwise(ordered)
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; 0 where they are what we promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--problems", type=int, default=20, help="how many differences to list")
    options = parser.parse_args(argv)
    try:
        reading = read_document(str(options.file), mime="application/pdf", max_pages=2000)
    except ReadingError as error:
        print(f"not read: {error.code}: {error.message}")  # noqa: T201
        return 1
    order = reading.document["header"]["bonus_order"]
    figures = evaluate(reading.lines, read_truth(options.truth), order)
    print(f"bonus order learned   {order}")  # noqa: T201
    print(figures.report())  # noqa: T201
    for problem in figures.problems[: options.problems]:
        print(f"  {problem}")  # noqa: T201
    return 0 if figures.good else 1


if __name__ == "__main__":
    sys.exit(main())
