"""Tables of purchases, one noun a file."""

from purchases.models.aliases import SupplierAlias
from purchases.models.claims import OPEN_CLAIMS, SupplierClaim
from purchases.models.credit_notes import SupplierCreditNote, SupplierCreditNoteLine
from purchases.models.invoices import SupplierInvoice, SupplierInvoiceLine
from purchases.models.offers import LIVE_STATUSES, Offer, OfferLine
from purchases.models.open_items import SupplierAllocation, SupplierOpenItem
from purchases.models.orders import OPEN_STATUSES, PurchaseOrder, PurchaseOrderLine
from purchases.models.payments import SupplierPayment
from purchases.models.proposals import Proposal, ProposalExclusion, ProposalLine
from purchases.models.receipts import GoodsReceipt, GoodsReceiptBatch, GoodsReceiptLine
from purchases.models.refunds import SupplierRefund
from purchases.models.returns import (
    ReturnSettlement,
    ReturnTerms,
    SupplierReturn,
    SupplierReturnLine,
    SupplierReturnPart,
)
from purchases.models.suppliers import Supplier, SupplierContact

__all__ = [
    "LIVE_STATUSES",
    "OPEN_CLAIMS",
    "OPEN_STATUSES",
    "GoodsReceipt",
    "GoodsReceiptBatch",
    "GoodsReceiptLine",
    "Offer",
    "OfferLine",
    "Proposal",
    "ProposalExclusion",
    "ProposalLine",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReturnSettlement",
    "ReturnTerms",
    "Supplier",
    "SupplierAlias",
    "SupplierAllocation",
    "SupplierClaim",
    "SupplierContact",
    "SupplierCreditNote",
    "SupplierCreditNoteLine",
    "SupplierInvoice",
    "SupplierInvoiceLine",
    "SupplierOpenItem",
    "SupplierPayment",
    "SupplierRefund",
    "SupplierReturn",
    "SupplierReturnLine",
    "SupplierReturnPart",
]
