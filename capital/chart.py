"""The chart of accounts that a pharmacy starts with. Codes and names may be edited; roles are what code relies on."""

from dataclasses import dataclass

from capital.enums import AccountRole, AccountType

__all__ = ["CHART", "ChartRow"]


@dataclass(frozen=True)
class ChartRow:
    code: str
    type: AccountType
    role: AccountRole
    name: str
    name_ar: str
    is_default: bool = True


_A, _L, _Q = AccountType.ASSET, AccountType.LIABILITY, AccountType.EQUITY
_I, _X = AccountType.INCOME, AccountType.EXPENSE
_R = AccountRole

CHART: tuple[ChartRow, ...] = (
    ChartRow("1000", _A, _R.CASH, "Cash", "الصندوق"),
    ChartRow("1010", _A, _R.BANK, "Bank", "المصرف"),
    ChartRow("1100", _A, _R.RECEIVABLE, "Customers", "الزبائن"),
    ChartRow("1200", _A, _R.STOCK, "Stock", "المخزون"),
    ChartRow("1250", _A, _R.GOODS_LENT, "Goods lent", "بضاعة معارة"),
    ChartRow("1300", _A, _R.SUPPLIER_ADVANCE, "Advances to suppliers", "دفعات مقدمة للموردين"),
    ChartRow(
        "1310", _A, _R.RETURNS_DUE, "Returned goods, not yet credited", "مرتجعات لدى الموردين بانتظار الإشعار"
    ),
    ChartRow("1400", _A, _R.INPUT_TAX, "Input tax", "ضريبة المشتريات"),
    ChartRow("2000", _L, _R.PAYABLE, "Suppliers", "الموردون"),
    ChartRow("2050", _L, _R.GRNI, "Goods received, not yet invoiced", "بضاعة مستلمة دون فاتورة"),
    ChartRow("2100", _L, _R.CUSTOMER_ADVANCE, "Advances from customers", "دفعات مقدمة من الزبائن"),
    ChartRow("2200", _L, _R.OUTPUT_TAX, "Output tax", "ضريبة المبيعات"),
    ChartRow("2300", _L, _R.GOODS_BORROWED, "Goods borrowed", "بضاعة مستعارة"),
    ChartRow("3000", _Q, _R.OWNER_CAPITAL, "Owner's capital", "رأس مال المالك"),
    ChartRow("3100", _Q, _R.OWNER_DRAWINGS, "Owner's drawings", "مسحوبات المالك"),
    ChartRow("3200", _Q, _R.OPENING_EQUITY, "Opening equity", "الرصيد الافتتاحي"),
    ChartRow("3900", _Q, _R.RETAINED_EARNINGS, "Retained earnings", "أرباح محتجزة"),
    ChartRow("4000", _I, _R.REVENUE, "Sales", "المبيعات"),
    ChartRow("4050", _I, _R.SALES_RETURNS, "Sales returns", "مرتجع المبيعات"),
    ChartRow("4100", _I, _R.SHRINKAGE_GAIN, "Stock found", "زيادة المخزون"),
    ChartRow("4110", _I, _R.BONUS_RECEIVED, "Bonus received", "بونص مستلم"),
    ChartRow("5000", _X, _R.COGS, "Cost of goods sold", "كلفة البضاعة المباعة"),
    ChartRow("5100", _X, _R.PRICE_VARIANCE, "Price variance", "فروق الأسعار"),
    ChartRow("5200", _X, _R.SHRINKAGE, "Damage and loss", "تلف ونقص"),
    ChartRow("5210", _X, _R.EXPIRY_LOSS, "Expired goods", "بضاعة منتهية الصلاحية"),
    ChartRow("5300", _X, _R.DELIVERY_EXPENSE, "Delivery", "أجور التوصيل"),
    ChartRow("6000", _X, _R.GENERAL_EXPENSE, "General expenses", "مصاريف عامة"),
    ChartRow("6010", _X, _R.GENERAL_EXPENSE, "Rent", "الإيجار", is_default=False),
    ChartRow("6020", _X, _R.GENERAL_EXPENSE, "Salaries", "الرواتب", is_default=False),
    ChartRow("6030", _X, _R.GENERAL_EXPENSE, "Electricity and water", "كهرباء وماء", is_default=False),
    ChartRow("6040", _X, _R.GENERAL_EXPENSE, "Fees and licences", "رسوم وتراخيص", is_default=False),
    ChartRow("6900", _X, _R.EXCHANGE_DIFFERENCE, "Exchange differences", "فروق العملة"),
    ChartRow("6910", _X, _R.ROUNDING, "Rounding", "فروق التقريب"),
    ChartRow("6920", _X, _R.CASH_OVER_SHORT, "Cash over and short", "زيادة وعجز الصندوق"),
    ChartRow("6930", _X, _R.BAD_DEBT, "Bad debts", "ديون معدومة"),
)
