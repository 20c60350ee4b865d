"""The verbs of selling."""

from sales.services.customers import create_customer, update_customer
from sales.services.history import save_history
from sales.services.refunding import refund_sale
from sales.services.reversing import reverse_sale
from sales.services.selling import sell
from sales.services.shortages import close_shortage, record_shortage
from sales.types import HistoryData, PaymentData, RefundLineData, SaleData, SaleLineData, SellerRights

__all__ = [
    "HistoryData",
    "PaymentData",
    "RefundLineData",
    "SaleData",
    "SaleLineData",
    "SellerRights",
    "close_shortage",
    "create_customer",
    "record_shortage",
    "refund_sale",
    "reverse_sale",
    "save_history",
    "sell",
    "update_customer",
]
