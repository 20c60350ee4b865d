"""Reads of goods lent and borrowed."""

from django.db.models import QuerySet, Sum

from inventory.errors import DocumentMissing
from inventory.models import StockLoan


def list_loans() -> QuerySet[StockLoan]:
    """Loans with their lines, settlements and what is still open of them."""
    return (
        StockLoan.objects.select_related("party", "location")
        .prefetch_related("lines__product", "lines__batch", "settlements__lines__batch")
        .annotate(open_amount=Sum("lines__open_amount"))
        .order_by("-pk")
    )


def get_loan(loan_id: int) -> StockLoan:
    """Raises DocumentMissing."""
    loan = list_loans().filter(pk=loan_id).first()
    if loan is None:
        raise DocumentMissing(loan=loan_id)
    return loan
