"""A supplier's statement at the workbench."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from core.admin import parents_of
from core.days import SpanForm
from purchases.documents.statement_pdf import document_words
from purchases.enums import ItemKind
from purchases.models import Supplier
from purchases.selectors.statements import Statement, list_open_items
from users.selectors import local_today

__all__ = ["open_documents", "statement_page"]

_PAGES = {
    ItemKind.INVOICE: "supplierinvoice",
    ItemKind.RECEIPT: "goodsreceipt",
    ItemKind.PAYMENT: "supplierpayment",
    ItemKind.CREDIT: "suppliercreditnote",
}


#: What has a day to be paid by: goods wait for their invoice, and credit has none.
_DUE = (ItemKind.INVOICE, ItemKind.BALANCE)


def statement_page(site: Any, request: HttpRequest, statement: Statement, form: SpanForm) -> HttpResponse:
    """Open documents first, then every posting with the running balance, newest last."""
    page = reverse("admin:purchases_supplier_change", args=[statement.supplier.pk])
    context = site.each_context(request) | {
        "parents": [*parents_of(Supplier), (statement.supplier, page)],
        "title": _("Statement of account"),
        "statement": statement,
        "form": form,
        "items": open_documents(statement.supplier),
        "rows": _rows(statement),
        "today": local_today(),
        "may_pay": request.user.has_perm("purchases.pay_supplier"),
    }
    return TemplateResponse(request, "purchases/statement.html", context)


def open_documents(supplier: Supplier) -> list[Any]:
    """What is open between a supplier (and those merged into it) and us, oldest due first, each with its page and whether it falls due."""
    merged = Supplier.objects.filter(merged_into=supplier).values("pk")
    found = list_open_items()
    items: list[Any] = list(found.filter(supplier=supplier) | found.filter(supplier__in=merged))
    for item in items:
        page = _PAGES.get(ItemKind(item.kind))
        item.is_due = item.kind in _DUE
        item.link = reverse(f"admin:purchases_{page}_change", args=[item.document_id]) if page else ""
    return items


def _rows(statement: Statement) -> list[dict[str, Any]]:
    words = document_words()
    return [
        {
            "business_date": row.business_date,
            "word": words.get(row.kind, row.kind),
            "is_reversal": row.is_reversal,
            "number": row.number,
            "owed": row.amount if row.amount > 0 else None,
            "paid": -row.amount if row.amount < 0 else None,
            "balance": row.balance,
            "goods": row.not_invoiced_balance,
        }
        for row in statement.rows
    ]
