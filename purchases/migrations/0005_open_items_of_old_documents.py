"""Open items for what was received and paid before there were any: payments settle the oldest receipts first."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from django.db import migrations
from django.db.models import Q, Sum


def _item(model, supplier, kind, document, amount, **fields):
    return model(
        supplier_id=supplier.pk,
        kind=kind,
        document_id=document.pk,
        number=document.number,
        business_date=document.business_date,
        currency=document.currency,
        amount=amount,
        value_amount=amount,
        **fields,
    )


def _firm(supplier):
    """Suppliers that were merged are one: what was paid to the one that stayed settles the debts of all."""
    return supplier.merged_into_id or supplier.pk


def open_old_documents(apps, schema_editor):
    item, allocation, receipt, payment = (
        apps.get_model("purchases", name)
        for name in ("SupplierOpenItem", "SupplierAllocation", "GoodsReceipt", "SupplierPayment")
    )
    debts, credits = defaultdict(list), defaultdict(list)
    late = Sum("lines__amount", filter=Q(lines__paid_qty=0))
    for one in receipt.objects.filter(status="posted").select_related("supplier").annotate(late=late):
        owed = one.total_amount - (one.late or 0)
        if owed > 0:
            due = one.business_date + timedelta(days=one.supplier.payment_terms_days)
            made = _item(item, one.supplier, "goods_receipt", one, owed, role="grni", due_date=due)
            debts[_firm(one.supplier)].append(made)
    for one in payment.objects.filter(status="posted").select_related("supplier"):
        due = one.business_date
        made = _item(
            item, one.supplier, "supplier_payment", one, one.amount,
            role="supplier_advance", due_date=due, is_credit=True,
        )  # fmt: skip
        credits[_firm(one.supplier)].append((made, one))
    rows = []
    for firm, paid in credits.items():
        for credit, one in paid:
            brought = None
            if one.payable_amount > 0:
                brought = item(
                    supplier_id=one.supplier_id, kind="balance", number=one.number, role="payable",
                    business_date=one.business_date, due_date=one.business_date, currency=one.currency,
                    amount=one.payable_amount, value_amount=one.payable_amount,
                )  # fmt: skip
                rows.append(_settled(allocation, credit, brought, one.payable_amount))
                debts[firm].append(brought)
            left = one.grni_amount
            for debt in sorted((d for d in debts[firm] if d.role == "grni"), key=lambda d: d.due_date):
                part = min(left, debt.amount - debt.settled_amount)
                if part > 0:
                    rows.append(_settled(allocation, credit, debt, part))
                    left -= part
    item.objects.bulk_create([one for kept in debts.values() for one in kept])
    item.objects.bulk_create([credit for kept in credits.values() for credit, _one in kept])
    allocation.objects.bulk_create(rows)


def _settled(allocation, credit, debt, part):
    for side in (credit, debt):
        side.settled_amount = Decimal(side.settled_amount) + part
        side.settled_value = Decimal(side.settled_value) + part
    return allocation(
        credit=credit,
        debt=debt,
        amount=part,
        debt_value=part,
        credit_value=part,
        event_kind="supplier_payment",
        event_id=str(credit.document_id),
        actor_name="migration",
    )


class Migration(migrations.Migration):
    dependencies = [("purchases", "0004_open_items")]

    operations = [migrations.RunPython(open_old_documents, migrations.RunPython.noop)]
