"""The buying workbench: the API's services behind pages that need no manual."""

from purchases.admin.claims import SupplierClaimAdmin, SupplierCreditNoteAdmin
from purchases.admin.invoices import SupplierInvoiceAdmin
from purchases.admin.offer_lines import OfferLineAdmin
from purchases.admin.offers import OfferAdmin
from purchases.admin.orders import PurchaseOrderAdmin
from purchases.admin.payments import SupplierPaymentAdmin
from purchases.admin.proposals import ProposalAdmin
from purchases.admin.receipts import GoodsReceiptAdmin
from purchases.admin.repricing import RepricingAdmin
from purchases.admin.returns import ReturnTermsAdmin, SupplierReturnAdmin
from purchases.admin.suppliers import SupplierAdmin

__all__ = [
    "GoodsReceiptAdmin",
    "OfferAdmin",
    "OfferLineAdmin",
    "ProposalAdmin",
    "PurchaseOrderAdmin",
    "RepricingAdmin",
    "ReturnTermsAdmin",
    "SupplierAdmin",
    "SupplierClaimAdmin",
    "SupplierCreditNoteAdmin",
    "SupplierInvoiceAdmin",
    "SupplierPaymentAdmin",
    "SupplierReturnAdmin",
]
