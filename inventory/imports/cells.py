"""Cells of an import read as what they must be; each reader says what is wrong instead of guessing."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.text import clean, fold, parse_decimal
from files.imports import Row, RowError

MAX_QUANTITY = 1_000_000_000
MAX_AMOUNT = Decimal(10) ** 11


class CellReader:
    """Reads one row; ``errors`` gathers what was wrong with it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.errors: list[RowError] = []

    def wrong(self, column: str, code: str, detail: object) -> None:
        self.errors.append(RowError(self.row.number, column, code, str(detail)))

    def text(self, column: str, *, most: int) -> str:
        value = clean(self.row[column])
        if len(value) > most:
            self.wrong(column, "too_long", _("At most %(most)d characters") % {"most": most})
            return ""
        return value

    def listed(self, column: str, *, most: int) -> list[str]:
        """Texts parted by ``;`` or ``؛``."""
        parts = [clean(part) for part in self.row[column].replace("؛", ";").split(";")]
        if any(len(part) > most for part in parts):
            self.wrong(column, "too_long", _("At most %(most)d characters each") % {"most": most})
            return []
        return [part for part in parts if part]

    def whole(self, column: str, *, least: int = 0) -> int | None:
        """A whole number of at least ``least``; None for an empty cell."""
        number = self._number(column)
        if number is None:
            return None
        if number != number.to_integral_value() or not least <= number <= MAX_QUANTITY:
            detail = _("Must be a whole number from %(least)d to %(most)d")
            self.wrong(column, "out_of_range", detail % {"least": least, "most": MAX_QUANTITY})
            return None
        return int(number)

    def amount(self, column: str) -> Decimal | None:
        """Money or a price, not below zero; None for an empty cell."""
        number = self._number(column)
        if number is not None and not 0 <= number < MAX_AMOUNT:
            self.wrong(column, "out_of_range", _("Must be an amount that is not below zero"))
            return None
        return number

    def choice(self, column: str, choices: dict[str, str]) -> str:
        """The value that a folded word stands for; empty for an empty cell."""
        word = fold(self.row[column])
        if not word:
            return ""
        if word not in choices:
            self.wrong(column, "unknown_choice", _("Must be one of: %(known)s") % {"known": _known(choices)})
            return ""
        return choices[word]

    def _number(self, column: str) -> Decimal | None:
        text = self.row[column]
        if not clean(text):
            return None
        number = parse_decimal(text)
        if number is None:
            self.wrong(column, "not_a_number", _("Must be a number"))
        return number


def _known(choices: dict[str, str]) -> str:
    return ", ".join(dict.fromkeys(choices.values()))
