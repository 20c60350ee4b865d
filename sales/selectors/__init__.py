"""Reads of selling."""

from sales.selectors.customers import (
    check_credit,
    customer_balances,
    customer_family,
    customer_ledger,
    customer_outstanding,
    get_customer,
    list_customer_payments,
)
from sales.selectors.demand import daily_demand, demand_history, open_shortages
from sales.selectors.documents import (
    get_sale,
    list_customers,
    list_refunds,
    list_sales,
    list_shortages,
)
from sales.selectors.finding import find_customers, find_prescriptions
from sales.selectors.prescriptions import (
    DispensedTo,
    dispensed_to,
    get_prescription,
    list_control_policies,
    list_prescriptions,
    registered_classes,
)
from sales.selectors.shift_reports import DrawerReport, ShiftReport, shift_report
from sales.selectors.tills import (
    get_shift,
    get_till,
    list_cash_movements,
    list_people_at_tills,
    list_pins,
    list_replays,
    list_shifts,
    list_tills,
)
from sales.selectors.turnover import SoldTotals, last_sales, sold_totals, weekly_demand_sums
from sales.types import DemandHistory, DemandRate, DemandSeries

__all__ = [
    "DemandHistory",
    "DemandRate",
    "DemandSeries",
    "DispensedTo",
    "DrawerReport",
    "ShiftReport",
    "SoldTotals",
    "check_credit",
    "customer_balances",
    "customer_family",
    "customer_ledger",
    "customer_outstanding",
    "daily_demand",
    "demand_history",
    "dispensed_to",
    "find_customers",
    "find_prescriptions",
    "get_customer",
    "get_prescription",
    "get_sale",
    "get_shift",
    "get_till",
    "last_sales",
    "list_cash_movements",
    "list_control_policies",
    "list_customer_payments",
    "list_customers",
    "list_people_at_tills",
    "list_pins",
    "list_prescriptions",
    "list_refunds",
    "list_replays",
    "list_sales",
    "list_shifts",
    "list_shortages",
    "list_tills",
    "open_shortages",
    "registered_classes",
    "shift_report",
    "sold_totals",
    "weekly_demand_sums",
]
