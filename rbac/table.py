"""Who may do what: the one table. `manage.py sync_permissions` copies it into the database.

The owner may do everything and the auditor may see everything; the rows name the others.
`RECORDS` gives the four plain codes of a model (`inventory.view_product`, add_, change_, delete_) to whoever sees
and to whoever keeps it; `VERBS` names each decision. Ledgers have no keepers: they are written by verbs only.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from rbac.enums import BuiltInRole

OWNER, PHARMACIST = BuiltInRole.OWNER.value, BuiltInRole.PHARMACIST.value
PURCHASER, CASHIER = BuiltInRole.PURCHASER.value, BuiltInRole.CASHIER.value
ACCOUNTANT, AUDITOR = BuiltInRole.ACCOUNTANT.value, BuiltInRole.AUDITOR.value

Roles = tuple[str, ...]
NOBODY: Roles = ()  # the owner alone
EVERYONE: Roles = (PHARMACIST, PURCHASER, CASHIER, ACCOUNTANT)
DESK: Roles = (PHARMACIST,)
BUYERS: Roles = (PHARMACIST, PURCHASER)
TILL: Roles = (PHARMACIST, CASHIER)
BOOKS: Roles = (ACCOUNTANT,)
PAYERS: Roles = (PHARMACIST, ACCOUNTANT)
STAFF: Roles = (PHARMACIST, PURCHASER, ACCOUNTANT)

#: What each role may approve, in the organisation's currency, when it is first made. None: without limit.
APPROVAL_LIMITS: dict[str, Decimal | None] = {
    OWNER: None,
    PHARMACIST: Decimal(50_000_000),
    PURCHASER: Decimal(0),
    CASHIER: Decimal(0),
    ACCOUNTANT: Decimal(0),
    AUDITOR: Decimal(0),
}

#: How much less than the list price each role may sell for, in per cent, when it is first made. None: without limit.
DISCOUNT_LIMITS: dict[str, Decimal | None] = {
    OWNER: None,
    PHARMACIST: Decimal(25),
    PURCHASER: Decimal(0),
    CASHIER: Decimal(5),
    ACCOUNTANT: Decimal(0),
    AUDITOR: Decimal(0),
}

# app, models, seen by, kept by (None: nobody keeps it, not even the owner)
RECORDS: tuple[tuple[str, str, Roles, Roles | None], ...] = (
    # catalogue
    ("inventory", "product productunit productingredient productalias productidentifier", EVERYONE, BUYERS),
    ("inventory", "ingredient substance category manufacturer", EVERYONE, BUYERS),
    ("inventory", "sellingprice legalprice", EVERYONE, DESK),
    ("inventory", "repricing repricingline", STAFF, None),
    # stock
    ("inventory", "location", EVERYONE, DESK),
    ("inventory", "batch", EVERYONE, DESK),
    ("inventory", "stock stockmovement reservation", EVERYONE, None),
    ("inventory", "stockadjustment stocktransfer stockloan", STAFF, DESK),
    ("inventory", "stockcount", EVERYONE, DESK),
    # books
    ("capital", "account exchangerate taxclass taxrate", STAFF, BOOKS),
    ("capital", "party", STAFF, None),
    ("capital", "journalentry journalline commitment dailytotal", BOOKS, None),
    ("capital", "expense ownerdrawing ownercontribution period", BOOKS, BOOKS),
    ("capital", "manualentry yearclosing revaluation", BOOKS, None),
    # selling
    ("sales", "till", (PHARMACIST, CASHIER, ACCOUNTANT), DESK),
    ("sales", "shift shiftcash shiftcount cashmovement", (PHARMACIST, CASHIER, ACCOUNTANT), None),
    ("sales", "salereplay", (PHARMACIST, CASHIER, ACCOUNTANT), None),
    ("sales", "tillpin", DESK, None),
    ("sales", "sale saleline salepayment", (PHARMACIST, CASHIER, ACCOUNTANT), None),
    ("sales", "customerpayment", (PHARMACIST, CASHIER, ACCOUNTANT), None),
    ("sales", "prescriptionline dispensing", (PHARMACIST, CASHIER, ACCOUNTANT), None),
    ("sales", "controlpolicy", (PHARMACIST, CASHIER, ACCOUNTANT), NOBODY),
    ("sales", "customer cart prescription order", (PHARMACIST, CASHIER, ACCOUNTANT), TILL),
    ("sales", "invoice payment refund creditnote", (PHARMACIST, CASHIER, ACCOUNTANT), PAYERS),
    ("sales", "shortage", EVERYONE, (PHARMACIST, PURCHASER, CASHIER)),
    ("sales", "saleshistory forecast", BUYERS, BUYERS),
    # buying
    ("purchases", "supplier supplierproduct suppliercontact", STAFF, BUYERS),
    ("purchases", "offer offerline supplieralias", STAFF, BUYERS),
    ("purchases", "proposal proposalline proposalexclusion", STAFF, BUYERS),
    ("purchases", "purchaseorder purchaseorderline", STAFF, BUYERS),
    ("purchases", "goodsreceipt goodsreceiptline", STAFF, BUYERS),
    ("purchases", "supplierinvoice supplierinvoiceline", STAFF, STAFF),
    ("purchases", "supplierreturn supplierreturnline returnterms", STAFF, BUYERS),
    ("purchases", "supplierclaim", STAFF, BUYERS),
    ("purchases", "suppliercreditnote suppliercreditnoteline", STAFF, None),
    ("purchases", "supplierpayment", STAFF, PAYERS),
    # documents and reading
    ("files", "storedfile importjob", EVERYONE, (PHARMACIST, PURCHASER, ACCOUNTANT)),
    ("files", "importrowerror", EVERYONE, None),
    ("ai_integration", "ocrjob ocrattempt ocrcallback", BUYERS, None),
    # alerts
    ("notifications", "alert", EVERYONE, None),
    ("notifications", "notification notificationpreference", NOBODY, None),
    # people
    ("users", "user invitation", DESK, NOBODY),
    ("users", "signinsession", NOBODY, NOBODY),
    ("users", "apikey", NOBODY, NOBODY),
    ("users", "organization", EVERYONE, NOBODY),
    ("rbac", "role roleassignment", DESK, NOBODY),
    ("rbac", "permission", DESK, None),
    ("core", "auditevent verification", BOOKS, None),
    ("core", "securityevent idempotencykey documentsequence", NOBODY, None),
)

# code, label, roles beside the owner
VERBS: tuple[tuple[str, Promise, Roles], ...] = (
    ("inventory.adjust_stock", _("Adjust stock: damage, loss, expiry, found"), DESK),
    ("inventory.approve_adjustment", _("Approve an adjustment above its maker's limit"), DESK),
    ("inventory.post_opening_stock", _("Post opening stock"), DESK),
    ("inventory.transfer_stock", _("Transfer stock between locations"), TILL),
    ("inventory.reserve_stock", _("Reserve and release stock"), TILL),
    ("inventory.quarantine_batch", _("Quarantine and release a batch"), DESK),
    ("inventory.recall_batch", _("Recall a batch"), DESK),
    ("inventory.count_stock", _("Count stock"), TILL),
    ("inventory.post_count", _("Post a stock count"), DESK),
    ("inventory.view_count_variance", _("See what a count found missing or too much"), STAFF),
    ("inventory.lend_stock", _("Lend to and borrow from a neighbour pharmacy, and settle it"), DESK),
    ("inventory.reprice", _("Set selling prices"), DESK),
    ("inventory.override_legal_maximum", _("Set a price above the legal maximum"), NOBODY),
    ("inventory.print_labels", _("Print labels"), (PHARMACIST, PURCHASER, CASHIER)),
    ("inventory.merge_product", _("Merge two products"), DESK),
    ("inventory.lower_control_class", _("Lower the control class of a product"), DESK),
    ("inventory.import_products", _("Import products"), BUYERS),
    ("inventory.import_stock", _("Import opening stock"), DESK),
    ("inventory.view_valuation", _("See what the stock is worth"), STAFF),
    ("capital.view_summary", _("See capital and what may be spent"), STAFF),
    ("capital.view_statements", _("See trial balance, profit and loss, balance sheet, cash flow"), BOOKS),
    ("capital.post_manual_entry", _("Write and submit manual journal entries"), BOOKS),
    ("capital.approve_manual_entry", _("Approve a manual journal entry"), NOBODY),
    ("capital.post_opening_balance", _("Post opening balances"), BOOKS),
    ("capital.post_expense", _("Post an expense"), PAYERS),
    ("capital.post_drawing", _("Post an owner's drawing"), BOOKS),
    ("capital.post_contribution", _("Post money that the owner puts in"), BOOKS),
    ("capital.reverse_entry", _("Reverse a journal entry"), BOOKS),
    ("capital.close_period", _("Close a period"), BOOKS),
    ("capital.reopen_period", _("Open the last closed period again"), NOBODY),
    ("capital.close_year", _("Close a year, and take its closing back"), BOOKS),
    ("capital.revalue_foreign_balances", _("Revalue foreign balances"), BOOKS),
    ("sales.sell", _("Sell at the counter"), TILL),
    ("sales.sell_above_stock", _("Sell what the books do not show (a late receipt)"), TILL),
    ("sales.receive_payment", _("Receive a customer's money"), (PHARMACIST, CASHIER, ACCOUNTANT)),
    ("sales.reverse_customer_payment", _("Reverse a customer's payment"), PAYERS),
    ("sales.write_off_debt", _("Write off a customer's debt"), BOOKS),
    ("sales.set_credit", _("Set a customer's credit limit and price list"), PAYERS),
    ("sales.merge_customer", _("Merge two customers"), PAYERS),
    ("sales.dispense_controlled", _("Dispense what is kept in the register"), DESK),
    ("sales.override_price", _("Override a selling price"), DESK),
    ("sales.refund_sale", _("Refund a sale"), DESK),
    ("sales.reverse_sale", _("Reverse a sale"), DESK),
    ("sales.open_shift", _("Open a shift"), TILL),
    ("sales.close_shift", _("Count and close a shift"), TILL),
    ("sales.move_till_cash", _("Take cash in and out of a till"), TILL),
    ("sales.view_expected_cash", _("See what a till should hold before it is counted"), PAYERS),
    ("sales.reset_pin", _("Take away somebody's PIN, and unlock it"), DESK),
    ("sales.settle_replay", _("Settle sales of an outage that were refused"), DESK),
    ("sales.import_customers", _("Import customers"), PAYERS),
    ("sales.import_history", _("Import sales history"), BUYERS),
    ("sales.view_demand", _("See demand and forecasts"), BUYERS),
    ("purchases.upload_offer", _("Upload an offer"), BUYERS),
    ("purchases.match_line", _("Match offer lines to products"), BUYERS),
    ("purchases.confirm_offer", _("Confirm an offer"), BUYERS),
    ("purchases.cancel_offer", _("Cancel an offer"), BUYERS),
    ("purchases.generate_proposal", _("Generate a purchase proposal"), BUYERS),
    ("purchases.submit_proposal", _("Submit and recall a proposal"), BUYERS),
    ("purchases.recall_proposal", _("Recall a submitted proposal"), BUYERS),
    ("purchases.approve_proposal", _("Approve a proposal, within the role's limit"), DESK),
    ("purchases.reject_proposal", _("Reject a proposal"), DESK),
    ("purchases.cancel_proposal", _("Cancel a proposal"), BUYERS),
    ("purchases.approve_order", _("Approve an order written by hand, within the role's limit"), DESK),
    ("purchases.send_order", _("Send an order"), BUYERS),
    ("purchases.answer_order", _("Record a supplier's answer"), BUYERS),
    ("purchases.close_order", _("Close or cancel an order"), BUYERS),
    ("purchases.cancel_order", _("Cancel an order"), BUYERS),
    ("purchases.receive_goods", _("Receive goods"), BUYERS),
    ("purchases.receive_above_order", _("Receive more than was ordered"), DESK),
    ("purchases.reverse_receipt", _("Reverse a goods receipt"), DESK),
    ("purchases.post_invoice", _("Post a supplier's invoice"), PAYERS),
    ("purchases.reverse_invoice", _("Reverse a supplier's invoice"), PAYERS),
    ("purchases.settle_invoice_claim", _("Settle a claim for goods invoiced that never came"), STAFF),
    ("purchases.write_off_grni", _("Give up goods received that will never be invoiced"), BOOKS),
    ("purchases.view_statement", _("See a supplier's statement"), STAFF),
    ("purchases.pay_supplier", _("Pay a supplier"), PAYERS),
    ("purchases.pay_above_cash", _("Pay more than the account holds"), NOBODY),
    ("purchases.reverse_payment", _("Reverse a payment to a supplier"), BOOKS),
    ("purchases.send_return", _("Send goods back to a supplier"), BUYERS),
    ("purchases.settle_return", _("Record what a supplier exchanged or refused"), BUYERS),
    ("purchases.reverse_return", _("Reverse a return to a supplier"), DESK),
    ("purchases.post_credit_note", _("Post a supplier's credit note"), PAYERS),
    ("purchases.reverse_credit_note", _("Reverse a supplier's credit note"), BOOKS),
    ("purchases.send_claim", _("Claim from a supplier what it owes"), BUYERS),
    ("purchases.waive_claim", _("Give up a claim against a supplier"), DESK),
    ("purchases.import_suppliers", _("Import suppliers"), BUYERS),
    ("files.download_file", _("Download stored documents"), EVERYONE),
    ("files.run_import", _("Run and cancel imports"), (PHARMACIST, PURCHASER, ACCOUNTANT)),
    ("ai_integration.retry_job", _("Send a reading job again"), BUYERS),
    ("ai_integration.cancel_job", _("Cancel a reading job"), BUYERS),
    ("notifications.resolve_alert", _("Settle an alert by hand"), (PHARMACIST, PURCHASER, ACCOUNTANT)),
    ("reports.view_dashboard", _("See the dashboard"), EVERYONE),
    ("reports.view_reorder", _("See what to reorder"), BUYERS),
    ("reports.view_expiring", _("See what expires"), (PHARMACIST, PURCHASER, CASHIER, ACCOUNTANT)),
    ("reports.view_sales", _("See sales reports"), PAYERS),
    ("reports.view_purchases", _("See purchase reports"), STAFF),
    ("reports.view_recall", _("See who got a batch"), STAFF),
    ("reports.view_stock", _("See stock reports"), STAFF),
    ("reports.view_controlled_register", _("See and print the controlled register"), DESK),
    ("reports.view_tax", _("See tax reports"), BOOKS),
    ("reports.view_analytics", _("See analytics"), STAFF),
    ("users.invite_user", _("Invite people"), NOBODY),
    ("users.deactivate_user", _("Deactivate and reactivate people"), NOBODY),
    ("users.manage_api_keys", _("Make and revoke API keys"), NOBODY),
    ("rbac.assign_role", _("Give and take roles"), NOBODY),
    ("rbac.view_history", _("See who changed what"), STAFF),
)

_PLAIN = (
    ("view", _("See: {model}")),
    ("add", _("Add: {model}")),
    ("change", _("Change: {model}")),
    ("delete", _("Delete: {model}")),
)


@dataclass(frozen=True)
class Grant:
    """One permission: its code, what it says to a person, and the built-in roles that hold it."""

    code: str
    label: str | Promise
    roles: frozenset[str]


def _record_grants() -> list[Grant]:
    grants = []
    for app, models, seen_by, kept_by in RECORDS:
        for model in models.split():
            for verb, label in _PLAIN:
                if verb == "view":
                    roles = {OWNER, AUDITOR, *seen_by, *(kept_by or ())}
                elif kept_by is None:
                    continue
                else:
                    roles = {OWNER, *kept_by}
                text = format_lazy(label, model=model)
                grants.append(Grant(f"{app}.{verb}_{model}", text, frozenset(roles)))
    return grants


def _verb_grants() -> list[Grant]:
    grants = []
    for code, label, others in VERBS:
        reads = code.split(".")[1].startswith("view_")
        roles = {OWNER, *others, *((AUDITOR,) if reads else ())}
        grants.append(Grant(code, label, frozenset(roles)))
    return grants


#: code -> Grant, the whole table.
TABLE: dict[str, Grant] = {grant.code: grant for grant in (*_record_grants(), *_verb_grants())}
