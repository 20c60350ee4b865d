from sales.models.customers import Customer
from sales.models.demand import SalesHistory, Shortage
from sales.models.prescriptions import ControlPolicy, Dispensing, Prescription, PrescriptionLine
from sales.models.receipts import CustomerPayment
from sales.models.refunds import Refund, RefundLine, RefundPayment
from sales.models.replays import SaleReplay
from sales.models.sales import Sale, SaleLine, SalePayment
from sales.models.shifts import CashMovement, Shift, ShiftCash, ShiftCount
from sales.models.tills import Till, TillAccount, TillPin

__all__ = [
    "CashMovement",
    "ControlPolicy",
    "Customer",
    "CustomerPayment",
    "Dispensing",
    "Prescription",
    "PrescriptionLine",
    "Refund",
    "RefundLine",
    "RefundPayment",
    "Sale",
    "SaleLine",
    "SalePayment",
    "SaleReplay",
    "SalesHistory",
    "Shift",
    "ShiftCash",
    "ShiftCount",
    "Shortage",
    "Till",
    "TillAccount",
    "TillPin",
]
