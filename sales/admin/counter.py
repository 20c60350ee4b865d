"""The counter: scan or search, say for whom and on what prescription, take the money. Works without a script."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.admin import tell_error
from core.errors import DomainError
from core.idempotency import RememberedAnswer, recall_answer, remember_answer
from core.money import show_money
from inventory.enums import ScanWarning
from inventory.selectors import (
    ScanMatch,
    list_products,
    product_units,
    scan_codes,
    search_products,
    selling_units,
)
from sales.admin.amounts import whole_number
from sales.admin.basket import Basket
from sales.admin.rows import open_tills, rights_at_counter
from sales.admin.sellers import people_to_ask, person_at
from sales.enums import PaymentMethod
from sales.errors import SaleKnown
from sales.models import Customer, Sale
from sales.selectors import (
    check_credit,
    find_customers,
    find_prescriptions,
    list_customers,
    list_prescriptions,
)
from sales.services import Quote, QuotedLine, SaleData, SellerRights, check_packs, quote_sale, sell

__all__ = ["counter_page"]

MAY = "sales.sell"
_CHOICES = 12
_SEE_OTHER = 303
#: `3*` before a code or a name: three of it.
_TIMES = re.compile(r"^\s*(\d{1,4})\s*[*x×]\s*(.+)$")
#: As many digits in a field of amounts are no amount: a scan went astray.
_CODE = re.compile(r"^\d{8,14}$")


def counter_page(request: HttpRequest, page: Any) -> HttpResponse:
    """``page`` draws a template inside the workbench's frame."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    basket = Basket.read(request.POST)
    if request.method == "POST":
        try:
            sale = _act(request, basket)
        except SaleKnown as error:
            tell_error(request, error)
            return HttpResponseRedirect(reverse("admin:sales_sale_change", args=[error.params["sale"]]))
        except DomainError as error:
            tell_error(request, error)
        except DataError:
            messages.error(request, _("A value is out of range"))
        else:
            if sale is not None:
                return _sold(request, sale, basket)
    return page(request, "sales/counter.html", **_context(request, basket))


def _act(request: HttpRequest, basket: Basket) -> Sale | None:
    """Do what the button says; a sale when it was made."""
    posted = request.POST
    if "remove" in posted:
        place = whole_number(posted["remove"])
        basket.rows = [row for index, row in enumerate(basket.rows) if index != place]
    elif _catch_stray_scan(request, basket):
        messages.info(request, _("A code was scanned into another field: it went onto the list."))
    elif "pay" in posted:
        return _pay(request, basket)
    elif "add" in posted:
        _add(basket, posted)
    elif posted.get("find", "").strip():
        _find(request, basket, posted["find"].strip())
    else:
        _choose(request, basket)
    return None


def _add(basket: Basket, posted: Any) -> None:
    """What was chosen; of those that carry a scanned code it is the pack that was scanned. Raises SaleLineInvalid."""
    product, unit = (whole_number(part) for part in posted["add"].partition(":")[::2])
    if product is None or unit is None:
        return
    quantity, code = whole_number(posted.get("times", "")) or 1, posted.get("scanned", "")
    packs = [pack for pack in scan_codes([code])[code] if pack.product_id == product] if code else []
    if packs:
        _put_pack(basket, packs[0], code, quantity)
    else:
        basket.put(product, unit, None, quantity)


def _put_pack(basket: Basket, pack: ScanMatch, code: str, quantity: int) -> None:
    check_packs([pack])
    unknown = code if ScanWarning.BATCH_UNKNOWN in pack.warnings else ""
    basket.put(pack.product_id, pack.unit_id, pack.batch_id, quantity, code=unknown)


def _choose(request: HttpRequest, basket: Basket) -> None:
    """The customer, or the prescription."""
    posted = request.POST
    if "pick_customer" in posted:
        basket.typed["customer"] = posted["pick_customer"]
    elif "pick_prescription" in posted:
        basket.paper["prescription"] = posted["pick_prescription"]
    elif "drop_customer" in posted:
        basket.typed["customer"] = ""
    elif "drop_prescription" in posted:
        basket.paper["prescription"] = ""
    elif posted.get("who", "").strip():
        basket.people = list(find_customers(posted["who"])[:_CHOICES])
        if len(basket.people) == 1:
            basket.typed["customer"] = str(basket.people.pop().pk)
        elif not basket.people:
            messages.warning(request, _("Nobody is found under that name or number."))
    elif posted.get("paper", "").strip():
        basket.papers = list(find_prescriptions(posted["paper"])[:_CHOICES])
        if not basket.papers:
            messages.warning(request, _("No open prescription is found under that name or number."))


def _catch_stray_scan(request: HttpRequest, basket: Basket) -> bool:
    """Whether a known code stood where an amount or a quantity belongs; it is found as if it stood where it was meant."""
    for row in basket.rows:
        if _is_carried(row.quantity):
            stray, row.quantity = row.quantity, "1"
            _find(request, basket, stray)
            return True
    for name in ("given", "amount2", "off"):
        if _is_carried(basket.typed[name]):
            stray, basket.typed[name] = basket.typed[name], ""
            _find(request, basket, stray)
            return True
    return False


def _is_carried(text: str) -> bool:
    return bool(_CODE.match(text) and scan_codes([text])[text])


def _find(request: HttpRequest, basket: Basket, text: str) -> None:
    """One product that carries the code goes on the list; otherwise there is something to choose from."""
    times = _TIMES.match(text)
    quantity, text = (int(times[1]) or 1, times[2]) if times else (1, text)
    matches = scan_codes([text])[text]
    check_packs(matches)
    if len(matches) == 1:
        _put_pack(basket, matches[0], text, quantity)
        return
    products = [] if matches else list(search_products(text).filter(is_active=True)[:_CHOICES])
    units = selling_units({product.pk for product in products})
    found: list[tuple[Any, ...]] = [
        (
            row.product_id,
            row.name,
            row.unit_id,
            row.unit_name,
            [ScanWarning(one).label for one in row.warnings],
        )
        for row in matches
    ]
    found += [
        (row.pk, row.name, units[row.pk].pk, units[row.pk].label, []) for row in products if row.pk in units
    ]
    names = ("product", "name", "unit", "unit_name", "warnings")
    carried = {"times": quantity, "scanned": text if matches else ""}
    basket.choices = [dict(zip(names, one, strict=True)) | carried for one in found]
    if not found:
        messages.warning(request, _("Nothing is found: %(text)s") % {"text": text})


def _pay(request: HttpRequest, basket: Basket) -> Sale:
    data = basket.sale()
    person = person_at(request, data.till_id, MAY)
    rights = rights_at_counter(person.user, identified=person.identified)
    return _sell_once(request, data, lambda: sell(data=data, actor=person.actor, rights=rights))


def _sell_once(request: HttpRequest, data: SaleData, sale: Callable[[], Sale]) -> Sale:
    """A till knows its sales by their key; without one the key is remembered here. Raises SaleKnown, KeyInFlight."""
    if data.till_id is not None:
        return sale()
    actor, key = f"counter:{request.user.pk}", data.till_key
    with transaction.atomic():
        before = recall_answer(actor=actor, key=key, fingerprint="")
        if before is not None:
            known = Sale.objects.get(pk=before.headers["sale"])
            raise SaleKnown(sale=known.pk, number=known.number)
        made = sale()
        answer = RememberedAnswer(_SEE_OTHER, b"", {"sale": str(made.pk)})
        remember_answer(actor=actor, key=key, fingerprint="", answer=answer)
    return made


def _sold(request: HttpRequest, sale: Sale, basket: Basket) -> HttpResponse:
    told = _("%(number)s: %(total)s, change %(change)s") % {
        "number": sale.number,
        "total": show_money(sale.total_amount),
        "change": show_money(sale.change_amount),
    }
    messages.success(request, told)
    carried = {"till": sale.till_id or ""}
    carried |= {"seller": basket.typed["seller"]} if basket.typed["seller"] else {}
    carried |= {"sold": sale.pk}
    return HttpResponseRedirect(f"{reverse('admin:sales_sale_counter')}?{urlencode(carried)}")


def _quote(request: HttpRequest, basket: Basket) -> Quote | None:
    """What the list costs; None, and why, where it cannot be said. With a PIN it is the seller who is judged, later."""
    if not basket.rows:
        return None
    rights = rights_at_counter(request.user)
    if basket.typed["seller"]:
        rights = SellerRights(override_price=True, discount_limit=None)
    try:
        return quote_sale(data=basket.sale(), rights=rights)
    except DomainError as error:
        if "pay" not in request.POST:
            tell_error(request, error)
    return None


def _context(request: HttpRequest, basket: Basket) -> dict[str, Any]:
    quote = _quote(request, basket)
    rows = _rows(basket, quote)
    customer = list_customers().filter(pk=basket.number("customer") or 0).first()
    tills = open_tills()
    carried = {name: basket.typed[name] or request.GET.get(name, "") for name in ("till", "seller")}
    if not carried["till"] and len(tills) == 1:
        carried["till"] = str(tills[0].pk)
    return {
        "title": _("Counter"),
        "basket": basket,
        "typed": basket.typed | carried,
        "rows": rows,
        "quote": quote,
        "tills": tills,
        "people": people_to_ask(),
        "methods": [
            choice for choice in PaymentMethod.choices if customer or choice[0] != PaymentMethod.ACCOUNT
        ],
        "customer": customer,
        "credit": check_credit(customer=customer) if customer else None,
        **_paper(basket, customer, rows),
        "may_override": request.user.has_perm("sales.override_price"),
        "sold": whole_number(request.GET.get("sold", "")),
    }


def _rows(basket: Basket, quote: Quote | None) -> list[dict[str, Any]]:
    """Each line as it was typed, with what it costs where that is known."""
    products = {row.product for row in basket.rows}
    names = {product.pk: product.name for product in list_products().filter(pk__in=products)}
    units = product_units(products)
    quoted: list[QuotedLine | None] = list(quote.lines) if quote else [None] * len(basket.rows)
    return [
        {
            "row": row,
            "name": names.get(row.product, ""),
            "units": units.get(row.product, []),
            "quoted": line,
            "unit_price": line and line.unit_price,
            "amount": line and line.amount,
        }
        for row, line in zip(basket.rows, quoted, strict=True)
    ]


def _paper(basket: Basket, customer: Customer | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The prescription that was chosen; where one is needed and none is, the customer's own are offered."""
    chosen = whole_number(basket.paper["prescription"].lstrip("RXrx- "))
    needed = any(row["quoted"] and row["quoted"].needs_prescription for row in rows)
    if needed and customer is not None and chosen is None and not basket.papers:
        basket.papers = list(find_prescriptions("").filter(customer=customer)[:_CHOICES])
    found = list_prescriptions().filter(pk=chosen).first() if chosen is not None else None
    return {"needs_paper": needed, "prescription": found}
