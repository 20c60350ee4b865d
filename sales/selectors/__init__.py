"""Reads of selling."""

from sales.selectors.demand import daily_demand, demand_history, open_shortages
from sales.selectors.documents import (
    get_sale,
    list_customers,
    list_refunds,
    list_sales,
    list_shortages,
)
from sales.selectors.prescriptions import (
    get_prescription,
    list_control_policies,
    list_prescriptions,
    registered_classes,
)
from sales.types import DemandHistory, DemandRate, DemandSeries

__all__ = [
    "DemandHistory",
    "DemandRate",
    "DemandSeries",
    "daily_demand",
    "demand_history",
    "get_prescription",
    "get_sale",
    "list_control_policies",
    "list_customers",
    "list_prescriptions",
    "list_refunds",
    "list_sales",
    "list_shortages",
    "open_shortages",
    "registered_classes",
]
