"""The counter: scan or search, change what is on the list, take the money. Works without a script."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from core.admin import admin_actor, tell_error
from core.errors import DomainError
from inventory.selectors import list_products, product_units, scan_codes, search_products, selling_units
from sales.admin.amounts import typed_amount
from sales.admin.rows import seller_rights
from sales.enums import PaymentMethod
from sales.models import Sale, Till
from sales.selectors import list_tills
from sales.services import PaymentData, SaleData, SaleLineData, quote_lines, sell

_MOST_LINES, _CHOICES = 100, 12


@dataclass
class _Basket:
    """What the form carries from page to page."""

    lines: list[SaleLineData] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)


def counter_page(request: HttpRequest, page: Any) -> HttpResponse:
    """``page`` draws a template inside the workbench's frame."""
    if not request.user.has_perm("sales.sell"):
        raise PermissionDenied
    basket = _Basket(_lines(request.POST))
    if request.method == "POST":
        try:
            sale = _act(request, basket)
        except DomainError as error:
            tell_error(request, error)
        else:
            if sale is not None:
                return _sold(request, sale)
    return page(request, "sales/counter.html", **_context(request, basket))


def _act(request: HttpRequest, basket: _Basket) -> Sale | None:
    """Do what the button says; a sale when it was made."""
    posted = request.POST
    if posted.get("remove", "").isdigit():
        del basket.lines[int(posted["remove"]) : int(posted["remove"]) + 1]
    elif "pay" in posted:
        return _pay(request, basket)
    elif ":" in posted.get("add", ""):
        product, unit = posted["add"].split(":", 1)
        if product.isdigit() and unit.isdigit():
            _put(basket, int(product), int(unit))
    elif posted.get("find", "").strip():
        _find(basket, posted["find"].strip())
    return None


def _find(basket: _Basket, text: str) -> None:
    """One product that carries the code goes on the list; otherwise there is something to choose from."""
    matches = scan_codes([text])[text]
    if len(matches) == 1:
        _put(basket, matches[0].product_id, matches[0].unit_id, matches[0].batch_id)
        return
    if matches:
        basket.choices = [
            {"product": row.product_id, "unit": row.unit_id, "name": row.name, "unit_name": row.unit_name}
            for row in matches
        ]
        return
    found = list(search_products(text).filter(is_active=True)[:_CHOICES])
    units = selling_units({product.pk for product in found})
    basket.choices = [
        {"product": row.pk, "unit": units[row.pk].pk, "name": row.name, "unit_name": units[row.pk].name}
        for row in found
        if row.pk in units
    ]


def _put(basket: _Basket, product_id: int, unit_id: int, batch_id: int | None = None) -> None:
    """The same again counts one more."""
    for place, line in enumerate(basket.lines):
        if (line.product_id, line.unit_id, line.batch_id) == (product_id, unit_id, batch_id):
            basket.lines[place] = _line(
                product_id, unit_id, line.quantity + 1, batch_id, line.discount_percent
            )
            return
    if len(basket.lines) < _MOST_LINES:
        basket.lines.append(_line(product_id, unit_id, 1, batch_id, None))


def _line(
    product_id: int, unit_id: int | None, quantity: int, batch_id: int | None, percent: Decimal | None
) -> SaleLineData:
    return SaleLineData(
        product_id=product_id,
        unit_id=unit_id,
        quantity=quantity,
        batch_id=batch_id,
        batch_reason="scanned" if batch_id is not None else "",
        discount_percent=percent,
    )


def _lines(posted: QueryDict) -> list[SaleLineData]:
    """The list as the form carries it; what is no number is left out."""
    columns = [posted.getlist(name) for name in ("product", "unit", "quantity", "batch", "percent")]
    lines = []
    for product, unit, quantity, batch, percent in list(zip(*columns, strict=False))[:_MOST_LINES]:
        if product.isdigit() and unit.isdigit() and quantity.isdigit():
            batch_id = int(batch) if batch.isdigit() else None
            typed = typed_amount(percent)
            lines.append(_line(int(product), int(unit), int(quantity), batch_id, typed))
    return lines


def _data(request: HttpRequest, basket: _Basket) -> SaleData:
    posted = request.POST
    till = posted.get("till", "")
    method = PaymentMethod(posted.get("method", PaymentMethod.CASH))
    given = typed_amount(posted.get("given", ""))
    return SaleData(
        lines=basket.lines,
        payments=[PaymentData(method, given)] if given is not None else [],
        exact=None if given is not None else method,
        till_id=int(till) if till.isdigit() else None,
        discount_percent=typed_amount(posted.get("off", "")),
    )


def _pay(request: HttpRequest, basket: _Basket) -> Sale:
    return sell(data=_data(request, basket), actor=admin_actor(request), rights=seller_rights(request))


def _sold(request: HttpRequest, sale: Sale) -> HttpResponse:
    told = _("%(number)s: %(total)s, change %(change)s") % {
        "number": sale.number,
        "total": f"{sale.total_amount.normalize():f}",
        "change": f"{sale.change_amount.normalize():f}",
    }
    messages.success(request, told)
    address = reverse("admin:sales_sale_counter")
    return HttpResponseRedirect(f"{address}?till={sale.till_id or ''}&sold={sale.pk}")


def _context(request: HttpRequest, basket: _Basket) -> dict[str, Any]:
    products = {line.product_id for line in basket.lines}
    names = {product.pk: product.name for product in list_products().filter(pk__in=products)}
    units = product_units(products)
    total, amounts = Decimal(0), [None] * len(basket.lines)
    if basket.lines:
        try:
            amounts = quote_lines(lines=basket.lines, rights=seller_rights(request))
            total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        except DomainError as error:
            tell_error(request, error)
    rows = [
        {
            "line": line,
            "name": names.get(line.product_id, ""),
            "units": units.get(line.product_id, []),
            "amount": amount,
        }
        for line, amount in zip(basket.lines, amounts, strict=True)
    ]
    open_tills = [till for till in list_tills().filter(is_active=True) if _is_open(till)]
    sold = request.GET.get("sold", "")
    return {
        "title": _("Counter"),
        "rows": rows,
        "total": total,
        "choices": basket.choices,
        "tills": open_tills,
        "till": request.POST.get("till", request.GET.get("till", "")),
        "methods": [choice for choice in PaymentMethod.choices if choice[0] != PaymentMethod.ACCOUNT],
        "sold": int(sold) if sold.isdigit() else None,
    }


def _is_open(till: Till) -> bool:
    return bool(till.open_shifts)  # type: ignore[attr-defined]
