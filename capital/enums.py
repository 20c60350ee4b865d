"""Choices of the books. Values are stored and served; labels are translated."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AccountType(TextChoices):
    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    EQUITY = "equity", _("Equity")
    INCOME = "income", _("Income")
    EXPENSE = "expense", _("Expense")


class AccountRole(TextChoices):
    """What the system uses an account for. A role has one default account; more may carry it (a second till)."""

    CASH = "cash", _("Cash")
    BANK = "bank", _("Bank")
    RECEIVABLE = "receivable", _("Receivables")
    STOCK = "stock", _("Stock")
    SUPPLIER_ADVANCE = "supplier_advance", _("Advances to suppliers")
    RETURNS_DUE = "returns_due", _("Returned goods, not yet credited")
    INPUT_TAX = "input_tax", _("Input tax")
    GOODS_LENT = "goods_lent", _("Goods lent")
    PAYABLE = "payable", _("Payables")
    GRNI = "grni", _("Goods received, not yet invoiced")
    CUSTOMER_ADVANCE = "customer_advance", _("Advances from customers")
    OUTPUT_TAX = "output_tax", _("Output tax")
    GOODS_BORROWED = "goods_borrowed", _("Goods borrowed")
    OPENING_EQUITY = "opening_equity", _("Opening equity")
    OWNER_CAPITAL = "owner_capital", _("Owner's capital")
    OWNER_DRAWINGS = "owner_drawings", _("Owner's drawings")
    RETAINED_EARNINGS = "retained_earnings", _("Retained earnings")
    REVENUE = "revenue", _("Revenue")
    SALES_RETURNS = "sales_returns", _("Sales returns")
    SHRINKAGE_GAIN = "shrinkage_gain", _("Stock found")
    BONUS_RECEIVED = "bonus_received", _("Bonus received")
    COGS = "cogs", _("Cost of goods sold")
    PRICE_VARIANCE = "price_variance", _("Price variance")
    SHRINKAGE = "shrinkage", _("Shrinkage")
    EXPIRY_LOSS = "expiry_loss", _("Expired goods")
    DELIVERY_EXPENSE = "delivery_expense", _("Delivery")
    GENERAL_EXPENSE = "general_expense", _("General expense")
    EXCHANGE_DIFFERENCE = "exchange_difference", _("Exchange differences")
    ROUNDING = "rounding", _("Rounding")
    CASH_OVER_SHORT = "cash_over_short", _("Cash over and short")
    BAD_DEBT = "bad_debt", _("Bad debts")


class ManualEntryStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")


#: Money that can be paid out: what `cash` of the capital summary adds up.
MONEY_ROLES = (AccountRole.CASH, AccountRole.BANK)
#: A balance on these is somebody's: each line names the party.
PARTY_ROLES = (
    AccountRole.RECEIVABLE,
    AccountRole.SUPPLIER_ADVANCE,
    AccountRole.RETURNS_DUE,
    AccountRole.PAYABLE,
    AccountRole.GRNI,
    AccountRole.CUSTOMER_ADVANCE,
    AccountRole.GOODS_LENT,
    AccountRole.GOODS_BORROWED,
)
