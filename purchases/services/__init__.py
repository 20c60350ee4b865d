"""Writes of purchases: every verb, one import away."""

from purchases.services.aliases import forget_alias
from purchases.services.allocating import Chosen, allocate_credit, release_credit
from purchases.services.approval import approve_proposal
from purchases.services.claims import ClaimData, open_claim, send_claims, waive_claim
from purchases.services.confirming import confirm_bonus, confirm_lines
from purchases.services.credit_lines import CreditLine
from purchases.services.credit_notes import CreditNoteData, post_credit_note, reverse_credit_note
from purchases.services.credit_refunds import RefundData, refund_credit, reverse_refund
from purchases.services.decisions import (
    Accepted,
    Decision,
    accept_lines,
    decide_lines,
    ignore_lines,
    match_line,
    unmatch_lines,
)
from purchases.services.grni_closing import reopen_receipt, write_off_receipt
from purchases.services.ingest import read_table_offer, store_document, store_result
from purchases.services.invoice_claims import settle_invoice_claim
from purchases.services.invoice_lines import InvoiceLineData
from purchases.services.invoice_posting import post_invoice
from purchases.services.invoice_reversal import reverse_invoice
from purchases.services.invoices import (
    InvoiceData,
    cancel_invoice,
    create_invoice,
    draft_invoice,
    edit_invoice,
)
from purchases.services.matching import match_offer
from purchases.services.offers import OfferData, cancel_offer, confirm_offer, edit_offer, upload_offer
from purchases.services.order_answers import answer_order, cancel_order, close_order
from purchases.services.order_lines import OrderLineData
from purchases.services.orders import OrderData, approve_order, create_order, edit_order, send_order
from purchases.services.payments import PaymentData, pay_supplier, reverse_payment
from purchases.services.product_creation import create_products_from_lines
from purchases.services.proposal_generation import (
    ProposalData,
    create_proposal,
    generate_proposal,
    sweep_proposals,
)
from purchases.services.proposal_lines import add_proposal_line, edit_proposal_line, remove_proposal_line
from purchases.services.proposals import (
    cancel_proposal,
    copy_proposal,
    recall_proposal,
    reject_proposal,
    submit_proposal,
)
from purchases.services.receipt_drafts import discard_receipt, draft_receipt, edit_receipt, post_receipt
from purchases.services.receipt_lines import ReceiptRow
from purchases.services.receipt_reversal import reverse_receipt
from purchases.services.receiving import DeliveryData, receive_goods, receive_order
from purchases.services.reordering import ReorderNeed, reorder_needs
from purchases.services.repricing import (
    offered_by,
    prices_from_offer,
    reprice_from_offer,
    set_legal_prices_from_notice,
)
from purchases.services.return_exchanges import ExchangeRow, exchange_return
from purchases.services.return_lines import ReturnRow
from purchases.services.return_settling import refuse_return
from purchases.services.return_suggestions import Suggestion, returnable_stock, suggest_returns
from purchases.services.return_terms import remove_return_terms, save_return_terms
from purchases.services.returns import (
    ReturnData,
    cancel_return,
    create_return,
    draft_recall_returns,
    edit_return,
    reverse_return,
    send_return,
)
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
    "Accepted",
    "Chosen",
    "ClaimData",
    "ContactData",
    "CreditLine",
    "CreditNoteData",
    "Decision",
    "DeliveryData",
    "ExchangeRow",
    "InvoiceData",
    "InvoiceLineData",
    "OfferData",
    "OrderData",
    "OrderLineData",
    "PaymentData",
    "ProposalData",
    "ReceiptRow",
    "RefundData",
    "ReorderNeed",
    "ReturnData",
    "ReturnRow",
    "Suggestion",
    "SupplierData",
    "accept_lines",
    "add_proposal_line",
    "age_offers",
    "allocate_credit",
    "answer_order",
    "approve_order",
    "approve_proposal",
    "cancel_invoice",
    "cancel_offer",
    "cancel_order",
    "cancel_proposal",
    "cancel_return",
    "change_suppliers",
    "close_order",
    "confirm_bonus",
    "confirm_lines",
    "confirm_offer",
    "copy_proposal",
    "create_invoice",
    "create_order",
    "create_products_from_lines",
    "create_proposal",
    "create_return",
    "create_supplier",
    "create_suppliers",
    "decide_lines",
    "discard_receipt",
    "draft_invoice",
    "draft_recall_returns",
    "draft_receipt",
    "edit_invoice",
    "edit_offer",
    "edit_order",
    "edit_proposal_line",
    "edit_receipt",
    "edit_return",
    "exchange_return",
    "forget_alias",
    "generate_proposal",
    "ignore_lines",
    "match_line",
    "match_offer",
    "merge_supplier",
    "offered_by",
    "open_claim",
    "pay_supplier",
    "post_credit_note",
    "post_invoice",
    "post_receipt",
    "prices_from_offer",
    "read_table_offer",
    "recall_proposal",
    "receive_goods",
    "receive_order",
    "refund_credit",
    "refuse_return",
    "reject_proposal",
    "release_credit",
    "remove_proposal_line",
    "remove_return_terms",
    "reopen_receipt",
    "reorder_needs",
    "reprice_from_offer",
    "returnable_stock",
    "reverse_credit_note",
    "reverse_invoice",
    "reverse_payment",
    "reverse_receipt",
    "reverse_refund",
    "reverse_return",
    "save_return_terms",
    "send_claims",
    "send_order",
    "send_return",
    "set_legal_prices_from_notice",
    "settle_invoice_claim",
    "store_document",
    "store_result",
    "submit_proposal",
    "suggest_returns",
    "sweep_offers",
    "sweep_proposals",
    "unmatch_lines",
    "update_supplier",
    "upload_offer",
    "waive_claim",
    "write_off_receipt",
]
