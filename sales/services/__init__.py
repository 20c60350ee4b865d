"""The verbs of selling."""

from sales.services.customers import create_customer, update_customer
from sales.services.history import save_history
from sales.services.prescriptions import cancel_prescription, create_prescription, update_control_policy
from sales.services.refunding import refund_sale
from sales.services.reversing import reverse_sale
from sales.services.selling import sell
from sales.services.shortages import close_shortage, record_shortage
from sales.types import (
    HistoryData,
    PatientData,
    PaymentData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    RefundLineData,
    SaleData,
    SaleLineData,
    SellerRights,
)

__all__ = [
    "HistoryData",
    "PatientData",
    "PaymentData",
    "PrescribedLineData",
    "PrescriberData",
    "PrescriptionData",
    "RefundLineData",
    "SaleData",
    "SaleLineData",
    "SellerRights",
    "cancel_prescription",
    "close_shortage",
    "create_customer",
    "create_prescription",
    "record_shortage",
    "refund_sale",
    "reverse_sale",
    "save_history",
    "sell",
    "update_control_policy",
    "update_customer",
]
