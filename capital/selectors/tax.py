from datetime import date

from django.db.models import QuerySet

from capital.models import TaxClass, TaxRate
from capital.tax import TaxTerms
from users.enums import TaxRegime
from users.selectors import get_organization

__all__ = ["default_tax_terms", "list_tax_classes"]


def list_tax_classes() -> QuerySet[TaxClass]:
    """With their rates, newest first."""
    return TaxClass.objects.prefetch_related("rates").order_by("name")


def default_tax_terms(on: date) -> TaxTerms:
    """What sales are taxed with on a day; no tax under the regime `none`, or while no rate is set."""
    if get_organization().tax_regime == TaxRegime.NONE:
        return TaxTerms()
    rates = TaxRate.objects.filter(tax_class__is_default=True, valid_from__lte=on)
    current = rates.select_related("tax_class").order_by("-valid_from").first()
    if current is None:
        return TaxTerms()
    return TaxTerms(rate=current.rate, included=current.tax_class.prices_include_tax)
