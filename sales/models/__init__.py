from sales.models.customers import Customer
from sales.models.demand import SalesHistory, Shortage
from sales.models.refunds import Refund, RefundLine
from sales.models.sales import Sale, SaleLine, SalePayment

__all__ = [
    "Customer",
    "Refund",
    "RefundLine",
    "Sale",
    "SaleLine",
    "SalePayment",
    "SalesHistory",
    "Shortage",
]
