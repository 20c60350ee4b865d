"""The app's verbs. Everything here runs inside the caller's transaction."""

from inventory.services.adjusting import adjust_stock, reverse_adjustment
from inventory.services.adjustment_approval import approve_adjustment, reject_adjustment
from inventory.services.batches import correct_batch, quarantine_batch, recall_batch, release_batch
from inventory.services.count_entries import count_scanned, record_counts, recount_lines
from inventory.services.count_posting import close_count, post_count, reverse_count
from inventory.services.counts import cancel_count, create_count, open_count, reopen_count
from inventory.services.directories import (
    ensure_categories,
    ensure_manufacturers,
    save_category,
    save_location,
    save_manufacturer,
)
from inventory.services.holding import HeldGoods, lock_goods
from inventory.services.issuing import issue_stock
from inventory.services.lines import check_locations, in_base_units
from inventory.services.loan_settling import pay_loan, return_loan, reverse_loan_settlement
from inventory.services.loans import borrow_stock, lend_stock, reverse_loan
from inventory.services.merging import merge_products
from inventory.services.opening import post_opening_stock
from inventory.services.own_codes import assign_own_codes
from inventory.services.posting import post_movements
from inventory.services.prices import set_legal_prices, set_selling_price, set_selling_prices
from inventory.services.product_changes import change_products
from inventory.services.products import (
    create_product,
    create_products,
    lower_control_class,
    update_product,
)
from inventory.services.receiving import receive_stock
from inventory.services.repricing import (
    RepricingPreview,
    apply_repricing,
    cancel_repricing,
    draft_repricing,
    edit_repricing,
    preview_repricing,
    undo_repricing,
)
from inventory.services.reservations import (
    release_lapsed_reservations,
    release_reservation,
    release_reservation_by_id,
    reserve_stock,
)
from inventory.services.revaluing import revalue_stock
from inventory.services.reversing import return_stock, reverse_movements
from inventory.services.settling import explain_found, settle_found
from inventory.services.transferring import reverse_transfer, transfer_stock
from inventory.types import (
    AdjustLine,
    CountEntryLine,
    CountTarget,
    IdentifierData,
    IngredientData,
    IssueLine,
    LoanBackLine,
    LoanLine,
    PostedMovement,
    PriceData,
    PriceSelection,
    ProductChange,
    ProductData,
    ReceiveLine,
    RepricingData,
    ReserveLine,
    ReturnLine,
    RevalueLine,
    TransferLine,
    TypedPrice,
    UnitData,
)

__all__ = [
    "AdjustLine",
    "CountEntryLine",
    "CountTarget",
    "HeldGoods",
    "IdentifierData",
    "IngredientData",
    "IssueLine",
    "LoanBackLine",
    "LoanLine",
    "PostedMovement",
    "PriceData",
    "PriceSelection",
    "ProductChange",
    "ProductData",
    "ReceiveLine",
    "RepricingData",
    "RepricingPreview",
    "ReserveLine",
    "ReturnLine",
    "RevalueLine",
    "TransferLine",
    "TypedPrice",
    "UnitData",
    "adjust_stock",
    "apply_repricing",
    "approve_adjustment",
    "assign_own_codes",
    "borrow_stock",
    "cancel_count",
    "cancel_repricing",
    "change_products",
    "check_locations",
    "close_count",
    "correct_batch",
    "count_scanned",
    "create_count",
    "create_product",
    "create_products",
    "draft_repricing",
    "edit_repricing",
    "ensure_categories",
    "ensure_manufacturers",
    "explain_found",
    "in_base_units",
    "issue_stock",
    "lend_stock",
    "lock_goods",
    "lower_control_class",
    "merge_products",
    "open_count",
    "pay_loan",
    "post_count",
    "post_movements",
    "post_opening_stock",
    "preview_repricing",
    "quarantine_batch",
    "recall_batch",
    "receive_stock",
    "record_counts",
    "recount_lines",
    "reject_adjustment",
    "release_batch",
    "release_lapsed_reservations",
    "release_reservation",
    "release_reservation_by_id",
    "reopen_count",
    "reserve_stock",
    "return_loan",
    "return_stock",
    "revalue_stock",
    "reverse_adjustment",
    "reverse_count",
    "reverse_loan",
    "reverse_loan_settlement",
    "reverse_movements",
    "reverse_transfer",
    "save_category",
    "save_location",
    "save_manufacturer",
    "set_legal_prices",
    "set_selling_price",
    "set_selling_prices",
    "settle_found",
    "transfer_stock",
    "undo_repricing",
    "update_product",
]
