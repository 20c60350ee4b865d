"""The verbs of selling."""

from sales.services.customer_accounts import (
    ReceiptData,
    receive_payment,
    reverse_customer_payment,
    write_off_debt,
)
from sales.services.customers import (
    change_customers,
    create_customer,
    create_customers,
    merge_customers,
    update_customer,
)
from sales.services.history import save_history
from sales.services.prescriptions import cancel_prescription, create_prescription, update_control_policy
from sales.services.refunding import refund_sale
from sales.services.reversing import reverse_sale
from sales.services.selling import sell
from sales.services.shortages import close_shortage, record_shortage
from sales.types import (
    CustomerData,
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
    "CustomerData",
    "HistoryData",
    "PatientData",
    "PaymentData",
    "PrescribedLineData",
    "PrescriberData",
    "PrescriptionData",
    "ReceiptData",
    "RefundLineData",
    "SaleData",
    "SaleLineData",
    "SellerRights",
    "cancel_prescription",
    "change_customers",
    "close_shortage",
    "create_customer",
    "create_customers",
    "create_prescription",
    "merge_customers",
    "receive_payment",
    "record_shortage",
    "refund_sale",
    "reverse_customer_payment",
    "reverse_sale",
    "save_history",
    "sell",
    "update_control_policy",
    "update_customer",
    "write_off_debt",
]
