"""Writes of purchases: every verb, one import away."""

from purchases.services.aliases import forget_alias
from purchases.services.decisions import (
    Decision,
    accept_lines,
    confirm_bonus,
    decide_lines,
    ignore_lines,
    match_line,
    unmatch_lines,
)
from purchases.services.ingest import read_table_offer, store_document, store_result
from purchases.services.matching import match_offer
from purchases.services.offers import OfferData, cancel_offer, confirm_offer, edit_offer, upload_offer
from purchases.services.product_creation import create_products_from_lines
from purchases.services.settling import age_offers
from purchases.services.suppliers import (
    ContactData,
    SupplierData,
    change_suppliers,
    create_supplier,
    create_suppliers,
    merge_supplier,
    update_supplier,
)
from purchases.services.sweeping import sweep_offers

__all__ = [
    "ContactData",
    "Decision",
    "OfferData",
    "SupplierData",
    "accept_lines",
    "age_offers",
    "cancel_offer",
    "change_suppliers",
    "confirm_bonus",
    "confirm_offer",
    "create_products_from_lines",
    "create_supplier",
    "create_suppliers",
    "decide_lines",
    "edit_offer",
    "forget_alias",
    "ignore_lines",
    "match_line",
    "match_offer",
    "merge_supplier",
    "read_table_offer",
    "store_document",
    "store_result",
    "sweep_offers",
    "unmatch_lines",
    "update_supplier",
    "upload_offer",
]
