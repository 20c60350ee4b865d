"""The admin's sidebar: what a pharmacist looks for, in the order of the day's work."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Each section holds models with the title and the icon they have here.
_SECTIONS: tuple[tuple[Promise, tuple[tuple[str, Promise, str], ...]], ...] = (
    (
        _("Buying"),
        (
            ("purchases.Offer", _("Offers"), "upload_file"),
            ("purchases.OfferLine", _("Who sells it cheapest"), "price_check"),
            ("purchases.Proposal", _("Proposals"), "lightbulb"),
            ("purchases.PurchaseOrder", _("Orders"), "shopping_cart"),
            ("purchases.GoodsReceipt", _("Goods received"), "inventory"),
            ("purchases.SupplierInvoice", _("Supplier invoices"), "receipt"),
            ("purchases.SupplierPayment", _("Payments to suppliers"), "payments"),
            ("purchases.SupplierReturn", _("Returns to suppliers"), "assignment_return"),
            ("purchases.SupplierClaim", _("Claims"), "gavel"),
            ("purchases.SupplierCreditNote", _("Credit notes"), "receipt"),
            ("purchases.Supplier", _("Suppliers"), "local_shipping"),
            ("purchases.ReturnTerms", _("Return terms"), "rule"),
            ("purchases.performance", _("How suppliers keep their word"), "leaderboard"),
        ),
    ),
    (
        _("Stock"),
        (
            ("inventory.Product", _("Products"), "medication"),
            ("inventory.Stock", _("Stock"), "shelves"),
            ("inventory.Batch", _("Batches"), "event_busy"),
            ("inventory.StockMovement", _("Movements"), "swap_vert"),
            ("inventory.StockAdjustment", _("Adjustments"), "tune"),
            ("inventory.StockTransfer", _("Transfers"), "move_up"),
            ("inventory.StockCount", _("Counts"), "checklist"),
            ("inventory.StockLoan", _("Lent and borrowed"), "handshake"),
            ("reports.valuation", _("What the stock is worth"), "balance"),
            ("inventory.SellingPrice", _("Selling prices"), "sell"),
            ("inventory.Repricing", _("Change prices"), "price_change"),
            ("reports.stock", _("Stock reports"), "insights"),
        ),
    ),
    (
        _("Selling"),
        (
            ("sales.counter", _("Counter"), "barcode_scanner"),
            ("sales.Sale", _("Counter sales"), "point_of_sale"),
            ("sales.Shift", _("Shifts"), "schedule"),
            ("sales.Till", _("Tills"), "countertops"),
            ("sales.TillPin", _("PINs"), "dialpad"),
            ("sales.SaleReplay", _("Refused sales of an outage"), "sync_problem"),
            ("sales.Customer", _("Customers"), "person"),
            ("sales.CustomerPayment", _("Customers' payments"), "payments"),
            ("sales.Prescription", _("Prescriptions"), "prescriptions"),
            ("reports.register", _("Controlled register"), "menu_book"),
            ("sales.ControlPolicy", _("Rules for control classes"), "gavel"),
            ("sales.Shortage", _("Shortage book"), "playlist_add"),
        ),
    ),
    (
        _("Books"),
        (
            ("capital.reports", _("Financial reports"), "monitoring"),
            ("capital.Account", _("Accounts"), "account_balance"),
            ("capital.JournalEntry", _("Journal"), "menu_book"),
            ("capital.ManualEntry", _("Manual entries"), "edit_note"),
            ("capital.Party", _("Account holders"), "contacts"),
            ("capital.Expense", _("Expenses"), "receipt_long"),
            ("capital.OwnerDrawing", _("Owner's drawings"), "wallet"),
            ("capital.OwnerContribution", _("Owner's contributions"), "savings"),
            ("capital.ExchangeRate", _("Exchange rates"), "currency_exchange"),
            ("capital.Revaluation", _("Revaluations"), "published_with_changes"),
            ("capital.Period", _("Months"), "calendar_month"),
            ("capital.YearClosing", _("Year closings"), "event_available"),
        ),
    ),
    (
        _("Settings"),
        (
            ("users.Organization", _("The pharmacy"), "storefront"),
            ("users.User", _("People"), "group"),
            ("rbac.Role", _("Roles"), "badge"),
            ("notifications.Alert", _("Alerts"), "notifications"),
            ("files.ImportJob", _("Imports"), "table_view"),
            ("files.StoredFile", _("Documents"), "folder"),
            ("ai_integration.OcrJob", _("Reading jobs"), "document_scanner"),
            ("core.AuditEvent", _("Audit trail"), "history"),
            ("core.Verification", _("Do the books agree?"), "fact_check"),
        ),
    ),
)


#: Pages that are no list of a model: (address, permission).
_PAGES = {
    "sales.counter": ("admin:sales_sale_counter", "sales.sell"),
    "capital.reports": ("admin:capital_reports", "capital.view_statements"),
    "reports.stock": ("admin:reports_stock", "reports.view_dashboard"),
    "reports.valuation": ("stock-valuation-page", "inventory.view_valuation"),
    "purchases.performance": ("admin:purchases_supplier_performance", "reports.view_purchases"),
    "reports.register": ("controlled_register", "reports.view_controlled_register"),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections with the pages that whoever asks may see; the one that is open is marked."""
    home = {"title": _("Today"), "icon": "home", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for title, rows in _SECTIONS:
        items = [
            {"title": text, "icon": icon, "link": _link(label)}
            for label, text, icon in rows
            if _may_see(request, label)
        ]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    _mark_open(groups, request.path)
    return groups


def _mark_open(groups: list[dict[str, Any]], path: str) -> None:
    """The entry whose address is the longest beginning of this page's; home alone stands for itself."""
    items = [item for group in groups for item in group["items"]]
    home, *others = items
    found = max((item["link"] for item in others if path.startswith(item["link"])), key=len, default=None)
    for item in items:
        item["active"] = item["link"] == found or (item is home and path == home["link"])


def _link(label: str) -> str:
    name = _PAGES[label][0] if label in _PAGES else f"admin:{label.lower().replace('.', '_')}_changelist"
    return reverse(name)


def _may_see(request: HttpRequest, label: str) -> bool:
    if label in _PAGES:
        return request.user.has_perm(_PAGES[label][1])
    for model, model_admin in admin.site._registry.items():  # noqa: SLF001 - Django offers no other way to ask
        if model._meta.label == label:  # noqa: SLF001 - documented model API
            return bool(model_admin.has_view_or_change_permission(request))
    return False
