"""Returns, credit notes, claims and terms at the workbench: the same services behind pages."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from purchases.models import ReturnTerms, SupplierClaim, SupplierCreditNote, SupplierReturn
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.returning import delivered, on_hand
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db


def desk(*roles):
    client = Client()
    client.force_login(user_with_role(*roles, is_staff=True))
    return client


@pytest.fixture
def goods():
    buy.money()
    supplier = make.a_supplier(name="Zamzam")
    back.terms(supplier)
    (product,) = make.products("Cardiline 5 mg")
    return supplier, product


def do(client, model, pk, verb, **data):
    return client.post(reverse(f"admin:purchases_{model}_do", args=[pk, verb]), data, follow=True)


def test_from_suggestion_to_credit_note(goods):
    supplier, product = goods
    batch = delivered(supplier, product, 4, batch="OLD", days=-10)
    late = delivered(supplier, product, 4, batch="LONG-GONE", days=-400)
    boss = desk("pharmacist")
    add = reverse("admin:purchases_supplierreturn_add")
    page = boss.get(add, {"supplier": supplier.pk})
    assert "It is too late" in page.content.decode()
    assert f'name="quantity-{late.stock.get().pk}"' not in page.content.decode()
    wrong = boss.post(add, {"supplier": supplier.pk, f"quantity-{batch.stock.get().pk}": "many"})
    assert "is not a quantity" in wrong.content.decode()
    boss.post(add, {"supplier": supplier.pk, f"quantity-{batch.stock.get().pk}": "30"})
    draft = SupplierReturn.objects.get()
    assert "The goods leave" in boss.get(_page(draft)).content.decode()
    do(boss, "supplierreturn", draft.pk, "send")
    assert on_hand(batch) == 10
    line = draft.lines.get()
    do(
        boss,
        "supplierreturn",
        draft.pk,
        "exchange",
        **{f"quantity-{line.pk}": "10", f"expiry-{line.pk}": "2031-05"},
    )
    shown = boss.get(_page(draft)).content.decode()
    assert "exchanged</span>" in shown or "exchanged 10" in shown
    credit = reverse("admin:purchases_suppliercreditnote_add") + f"?return={draft.pk}"
    assert boss.get(credit).status_code == 200
    boss.post(
        credit, {"reference": "CN-9", "tax": "0", f"quantity-{line.pk}": "20", f"amount-{line.pk}": "150.50"}
    )
    note = SupplierCreditNote.objects.get()
    assert (note.reference, note.total_amount) == ("CN-9", Decimal("150.5"))
    draft.refresh_from_db()
    assert draft.status == "settled"
    assert boss.get(reverse("admin:purchases_suppliercreditnote_change", args=[note.pk])).status_code == 200
    assert boss.get(reverse("admin:purchases_supplierreturn_pdf", args=[draft.pk])).content[:4] == b"%PDF"
    assert do(boss, "suppliercreditnote", note.pk, "reverse", reason="x").status_code == 403
    do(desk("accountant"), "suppliercreditnote", note.pk, "reverse", reason="typed wrong")
    do(boss, "supplierreturn", draft.pk, "refuse", reason="opened")
    draft.refresh_from_db()
    assert (draft.status, on_hand(batch)) == ("settled", 30)
    buy.books_agree()


def test_recalled_goods_are_offered_for_return(goods):
    supplier, product = goods
    batch = back.recalled(delivered(supplier, product, 4, batch="BAD"))
    boss = desk("purchaser")
    assert "BAD" in boss.get(reverse("admin:purchases_supplierreturn_add")).content.decode()
    boss.post(reverse("admin:purchases_supplierreturn_recall", args=[batch.pk]))
    draft = SupplierReturn.objects.get()
    do(boss, "supplierreturn", draft.pk, "cancel")
    draft.refresh_from_db()
    assert draft.status == "cancelled"
    assert desk("cashier").get(reverse("admin:purchases_supplierreturn_add")).status_code == 403


def test_claims_are_told_credited_and_given_up(goods):
    _products, supplier = buy.market()
    order = buy.sent(supplier, 10)
    (line,) = buy.lines_of(order)
    buy.received(order, [back.ReceiptRow(paid_quantity=10, line_id=line.pk, expiry=make.days(400))])
    claim = SupplierClaim.objects.get()
    boss = desk("pharmacist")
    listing = reverse("admin:purchases_supplierclaim_changelist")
    assert claim.number in boss.get(listing).content.decode()
    boss.post(listing, {"action": "tell_suppliers", "_selected_action": [claim.pk]})
    claim.refresh_from_db()
    assert claim.status == "claimed"
    page = reverse("admin:purchases_supplierclaim_change", args=[claim.pk])
    assert order.number in boss.get(page).content.decode()
    assert boss.get(reverse("admin:purchases_supplierclaim_pdf", args=[claim.pk])).content[:4] == b"%PDF"
    assert (
        boss.get(reverse("admin:purchases_suppliercreditnote_add") + f"?claim={claim.pk}").status_code == 200
    )
    do(boss, "supplierclaim", claim.pk, "waive", reason="too small")
    claim.refresh_from_db()
    assert (claim.status, claim.closing_reason) == ("waived", "too small")


def test_terms_are_kept_at_the_workbench(goods):
    boss = desk("pharmacist")
    supplier = make.a_supplier()
    body = {"supplier": supplier.pk, "months_after": "4", "credit_percent": "75", "minimum_amount": "0"}
    response = boss.post(reverse("admin:purchases_returnterms_add"), body)
    assert response.status_code == 302, response.content
    terms = ReturnTerms.objects.get(supplier=supplier)
    assert (terms.months_before, terms.months_after, terms.credit_percent) == (None, 4, 75)
    change = reverse("admin:purchases_returnterms_change", args=[terms.pk])
    boss.post(change, body | {"credit_percent": "50"})
    terms.refresh_from_db()
    assert terms.credit_percent == 50
    assert boss.get(reverse("admin:purchases_returnterms_changelist")).status_code == 200


def _page(draft):
    return reverse("admin:purchases_supplierreturn_change", args=[draft.pk])


def test_how_suppliers_keep_their_word_is_a_page(goods):
    supplier, product = goods
    delivered(supplier, product, 4, batch="A")
    page = reverse("admin:purchases_supplier_performance")
    shown = desk("accountant").get(page, {"supplier": supplier.pk, "since": "soon"}).content.decode()
    assert shown.count("Zamzam") >= 2
    assert desk("cashier").get(page).status_code == 403
