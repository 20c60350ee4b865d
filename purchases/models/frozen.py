"""What a decision makes unchangeable, as triggers: a plan that was decided on, an order that was promised, goods received."""

from __future__ import annotations

import pgtrigger

from core.triggers import no_delete, no_truncate, only_forward

__all__ = [
    "decided_proposal",
    "line_of_a_draft",
    "line_of_a_promise",
    "posted_receipt",
    "promised_order",
    "received",
]

_LINE_OF_A_DRAFT = """
IF EXISTS (
    SELECT 1 FROM purchases_proposal WHERE status NOT IN ('generating', 'failed', 'draft')
       AND id IN (coalesce(NEW.proposal_id, OLD.proposal_id), coalesce(OLD.proposal_id, NEW.proposal_id))
) THEN
    RAISE EXCEPTION 'pgtrigger: Cannot change a line of a proposal that is no draft';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

_LINE_OF_A_PROMISE = """
IF EXISTS (SELECT 1 FROM purchases_purchaseorder WHERE id = OLD.order_id AND committed_at IS NOT NULL)
   AND (TG_OP = 'DELETE' OR (
        NEW.order_id, NEW.product_id, NEW.unit_id, NEW.unit_factor, NEW.paid_qty, NEW.free_qty, NEW.unit_cost, NEW.amount
    ) IS DISTINCT FROM (
        OLD.order_id, OLD.product_id, OLD.unit_id, OLD.unit_factor, OLD.paid_qty, OLD.free_qty, OLD.unit_cost, OLD.amount
    )) THEN
    RAISE EXCEPTION 'pgtrigger: Cannot change what an order has promised';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

_DECIDED = "OLD.status IN ('approved', 'rejected', 'cancelled')"
_PROMISED = "OLD.committed_at IS NOT NULL"


_POSTED_RECEIPT = """
IF OLD.status <> 'draft' THEN
    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
END IF;
RETURN NEW;
"""


def decided_proposal() -> list[pgtrigger.Trigger]:
    """Approved, rejected, cancelled: for ever, as it was then."""
    changed = pgtrigger.Condition(f"{_DECIDED} AND OLD.* IS DISTINCT FROM NEW.*")
    return [
        pgtrigger.Protect(name="proposal_decided", operation=pgtrigger.Update, condition=changed),
        pgtrigger.Protect(
            name="proposal_no_delete", operation=pgtrigger.Delete, condition=pgtrigger.Condition(_DECIDED)
        ),
        no_truncate("proposal"),
    ]


def line_of_a_draft() -> list[pgtrigger.Trigger]:
    """Lines of a proposal change only while it is made or a draft."""
    every = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    return [
        pgtrigger.Trigger(
            name="proposal_line_draft_only", when=pgtrigger.Before, operation=every, func=_LINE_OF_A_DRAFT
        ),
        no_truncate("proposal_line"),
    ]


def promised_order() -> list[pgtrigger.Trigger]:
    """From its commitment on an order keeps its supplier, its amounts and who approved it."""
    columns = (
        "number", "supplier_id", "proposal_id", "currency", "goods_amount", "fee_amount", "total_amount",
        "committed_at", "approved_by_id", "approved_by_name",
    )  # fmt: skip
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    changed = pgtrigger.Condition(f"{_PROMISED} AND ({old}) IS DISTINCT FROM ({new})")
    return [
        pgtrigger.Protect(name="order_promised", operation=pgtrigger.Update, condition=changed),
        pgtrigger.Protect(
            name="order_no_delete", operation=pgtrigger.Delete, condition=pgtrigger.Condition(_PROMISED)
        ),
        no_truncate("order"),
    ]


def line_of_a_promise() -> list[pgtrigger.Trigger]:
    """What was promised of a line stays; what became of it is counted beside it."""
    return [
        pgtrigger.Trigger(
            name="order_line_promised",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=_LINE_OF_A_PROMISE,
        ),
        no_truncate("order_line"),
    ]


def received(name: str, *later: str) -> list[pgtrigger.Trigger]:
    """Goods received never change; only the columns ``later`` are written afterwards."""
    return [
        pgtrigger.Protect(
            name=f"{name}_posted",
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(exclude=list(later)),
        ),
        *no_delete(name),
    ]


def posted_receipt(*later: str) -> list[pgtrigger.Trigger]:
    """A draft may change and go; once it is posted only the columns ``later`` are written, and it is never a draft again."""
    return [
        pgtrigger.Trigger(
            name="receipt_posted",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(exclude=list(later)),
            func=_POSTED_RECEIPT,
        ),
        only_forward("receipt", ("draft", "posted"), ("posted", "reversed")),
        pgtrigger.Protect(
            name="receipt_no_delete",
            operation=pgtrigger.Delete,
            condition=pgtrigger.Condition("(OLD.status <> 'draft')"),
        ),
        no_truncate("receipt"),
    ]
