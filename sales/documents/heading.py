"""The head that every strip of a pharmacy carries."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from core.language import local_name, reads_arabic
from core.money import currency_decimals
from sales.documents.roll import Roll
from users.selectors import get_organization, local_moment

__all__ = ["begin", "local_time", "shown_money"]


def begin(title: str) -> Roll:
    """A strip in the language asked for, with the pharmacy's name, address, licence and tax number."""
    organization = get_organization()
    roll = Roll(title=title, rtl=reads_arabic())
    roll.centre(local_name(organization.name, organization.name_ar), bold=True, size=11)
    for part in (organization.address, organization.phone):
        if part:
            roll.centre(" ".join(part.split()))
    if organization.licence_number:
        roll.centre(_("Licence %(number)s") % {"number": organization.licence_number})
    if organization.tax_number:
        roll.centre(_("Tax number %(number)s") % {"number": organization.tax_number})
    roll.rule()
    return roll


def local_time(moment: datetime) -> str:
    """By the pharmacy's clock."""
    return f"{local_moment(moment):%Y-%m-%d %H:%M}"


def shown_money(amount: Decimal, currency: str) -> str:
    """With the decimals that the currency has, thousands apart."""
    return f"{amount:,.{currency_decimals(currency)}f}"
