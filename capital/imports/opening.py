"""Opening balances from a table: cash, bank, debts, claims and any other account, as one entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from capital.imports.finding import Books
from capital.services import OpeningLine, post_opening_lines
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.sources import Source
from core.text import clean, parse_decimal
from files.imports import Column, Importer, Plan, PlanItem, Row, RowError, register_importer
from users.selectors import local_today

SOURCE_KIND = "opening_import"
_MAX = Decimal(10) ** 12
#: The lines of one entry are counted in sixteen bits.
_MAX_LINES = 30_000


@dataclass(frozen=True)
class Draft:
    """One row, read: ``amount`` in ``currency`` (empty: ours), on the account's natural side."""

    row: int
    account: str
    party: str
    currency: str
    amount: Decimal
    rate: Decimal | None
    memo: str


@register_importer
class OpeningBalanceImporter(Importer):
    """Each row is what an account (and party) starts with; the rest of the entry is opening equity.

    Opening stock has its own table and meets these in the same equity. Option ``business_date``: the day the books
    begin (default: today). Rates that no row names are those of that day.
    """

    kind = "opening_balances"
    label = _("Opening balances")
    permission = "capital.post_opening_balance"
    #: One entry for the whole table: never cut it.
    chunk_size = 1_000_000
    columns = (
        Column("account", _("Account"), ("account code", "code", "type", "الحساب", "رمز الحساب", "النوع"), required=True, example="payable"),
        Column("party", _("Account holder"), ("supplier", "customer", "name", "المورد", "الزبون", "العميل", "الاسم"), example="Al-Sham Drugs"),
        Column("amount", _("Amount"), ("balance", "opening balance", "المبلغ", "الرصيد", "الرصيد الافتتاحي"), required=True, example="250000"),
        Column("currency", _("Currency"), ("cur", "العملة"), example="USD"),
        Column("rate", _("Rate"), ("exchange rate", "سعر الصرف"), example="13000"),
        Column("memo", _("Memo"), ("note", "remark", "ملاحظة", "البيان")),
    )  # fmt: skip

    def clean_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``business_date``: ISO 8601, not in the future."""
        options = dict(given)
        day = options.pop("business_date", None)
        super().clean_options(options)
        if day is None:
            return {}
        try:
            parsed = date.fromisoformat(str(day))
        except ValueError:
            parsed = None
        if parsed is None or parsed > local_today():
            error = FieldError("options.business_date", "invalid", _("A day up to today, as 2026-01-31"))
            raise InvalidInput(errors=[error])
        return {"business_date": parsed.isoformat()}

    def plan(self, rows: Sequence[Row], *, options: Mapping[str, Any]) -> Plan:
        """Five statements, whatever the number of rows."""
        plan = Plan()
        drafts: list[Draft] = []
        for row in rows:
            draft = _read(row) if len(drafts) < _MAX_LINES else _too_many(row)
            if isinstance(draft, RowError):
                plan.errors.append(draft)
            else:
                drafts.append(draft)
        books = Books(
            parties=[draft.party for draft in drafts],
            currencies={draft.currency for draft in drafts},
            day=_day(options),
        )
        seen: dict[tuple[int, int | None, str], int] = {}
        for draft in drafts:
            line = books.line(draft)
            if isinstance(line, OpeningLine):
                line = _once(draft, line, seen)
            if isinstance(line, OpeningLine):
                plan.items.append(PlanItem(draft.row, "create", line, _summary(draft, line)))
            else:
                plan.errors.append(line)
        return plan

    def apply(
        self, items: Sequence[PlanItem], *, actor: Actor, job_id: int, options: Mapping[str, Any]
    ) -> None:
        """The one opening entry."""
        post_opening_lines(
            lines=[item.data for item in items],
            source=Source(SOURCE_KIND, str(job_id)),
            business_date=_day(options),
            actor=actor,
        )


def _day(options: Mapping[str, Any]) -> date:
    given = options.get("business_date")
    return date.fromisoformat(given) if given else local_today()


def _read(row: Row) -> Draft | RowError:
    amount = parse_decimal(row["amount"]) if clean(row["amount"]) else None
    if not clean(row["account"]):
        return RowError(row.number, "account", "required", _("Which account is it?"))
    if amount is None or not amount or abs(amount) >= _MAX:
        return RowError(row.number, "amount", "not_a_number", _("Must be an amount that is not zero"))
    rate = parse_decimal(row["rate"]) if clean(row["rate"]) else None
    if clean(row["rate"]) and (rate is None or not 0 < rate < _MAX):
        return RowError(row.number, "rate", "not_a_number", _("Must be a rate above zero"))
    return Draft(
        row=row.number,
        account=clean(row["account"]),
        party=clean(row["party"]),
        currency=clean(row["currency"]).upper(),
        amount=amount,
        rate=rate,
        memo=clean(row["memo"])[:200],
    )


def _too_many(row: Row) -> RowError:
    detail = _("At most %(most)d rows make one opening entry") % {"most": _MAX_LINES}
    return RowError(row.number, "", "too_many", str(detail))


def _once(
    draft: Draft, line: OpeningLine, seen: dict[tuple[int, int | None, str], int]
) -> OpeningLine | RowError:
    first = seen.setdefault((line.account_id, line.party_id, line.currency or ""), draft.row)
    if first == draft.row:
        return line
    detail = _("The same balance stands in row %(row)d") % {"row": first}
    return RowError(draft.row, "", "duplicate", str(detail))


def _summary(draft: Draft, line: OpeningLine) -> dict[str, Any]:
    return {
        "account": draft.account,
        "party": draft.party,
        "amount": str(line.amount),
        "currency": line.currency or "",
        "foreign_amount": str(line.foreign_amount) if line.foreign_amount else "",
    }
