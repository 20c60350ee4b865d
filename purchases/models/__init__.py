"""Tables of purchases, one noun a file."""

from purchases.models.aliases import SupplierAlias
from purchases.models.invoices import SupplierInvoice, SupplierInvoiceLine
from purchases.models.offers import LIVE_STATUSES, Offer, OfferLine
from purchases.models.open_items import SupplierAllocation, SupplierOpenItem
from purchases.models.orders import OPEN_STATUSES, PurchaseOrder, PurchaseOrderLine
from purchases.models.payments import SupplierPayment
from purchases.models.proposals import Proposal, ProposalExclusion, ProposalLine
from purchases.models.receipts import GoodsReceipt, GoodsReceiptBatch, GoodsReceiptLine
from purchases.models.suppliers import Supplier, SupplierContact

__all__ = [
    "LIVE_STATUSES",
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
    "Supplier",
    "SupplierAlias",
    "SupplierAllocation",
    "SupplierContact",
    "SupplierInvoice",
    "SupplierInvoiceLine",
    "SupplierOpenItem",
    "SupplierPayment",
]
