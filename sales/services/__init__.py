"""The verbs of selling."""

from sales.services.cash import move_cash
from sales.services.counting import CountData, DenominationData
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
from sales.services.pins import SellerProof, identify_seller, read_proof, reset_pin, set_pin
from sales.services.prescriptions import cancel_prescription, create_prescription, update_control_policy
from sales.services.quoting import Quote, QuotedLine, SaleLineWarning, quote_sale, sale_warnings
from sales.services.refunding import refund_sale
from sales.services.replaying import (
    OutageSale,
    ReplayAnswer,
    dismiss_replay,
    replay_sale,
    retry_replay,
)
from sales.services.reversing import reverse_sale
from sales.services.scanning import check_packs
from sales.services.selling import sell
from sales.services.shifts import HandOver, close_shift, count_shift, open_shift
from sales.services.shortages import close_shortage, record_shortage
from sales.services.tills import add_till_currency, create_till, update_till
from sales.types import (
    CustomerData,
    HistoryData,
    PatientData,
    PaymentData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    RefundLineData,
    RefundPaymentData,
    SaleData,
    SaleLineData,
    SellerRights,
)

__all__ = [
    "CountData",
    "CustomerData",
    "DenominationData",
    "HandOver",
    "HistoryData",
    "OutageSale",
    "PatientData",
    "PaymentData",
    "PrescribedLineData",
    "PrescriberData",
    "PrescriptionData",
    "Quote",
    "QuotedLine",
    "ReceiptData",
    "RefundLineData",
    "RefundPaymentData",
    "ReplayAnswer",
    "SaleData",
    "SaleLineData",
    "SaleLineWarning",
    "SellerProof",
    "SellerRights",
    "add_till_currency",
    "cancel_prescription",
    "change_customers",
    "check_packs",
    "close_shift",
    "close_shortage",
    "count_shift",
    "create_customer",
    "create_customers",
    "create_prescription",
    "create_till",
    "dismiss_replay",
    "identify_seller",
    "merge_customers",
    "move_cash",
    "open_shift",
    "quote_sale",
    "read_proof",
    "receive_payment",
    "record_shortage",
    "refund_sale",
    "replay_sale",
    "reset_pin",
    "retry_replay",
    "reverse_customer_payment",
    "reverse_sale",
    "sale_warnings",
    "save_history",
    "sell",
    "set_pin",
    "update_control_policy",
    "update_customer",
    "update_till",
    "write_off_debt",
]
