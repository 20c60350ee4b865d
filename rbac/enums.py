from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BuiltInRole(TextChoices):
    OWNER = "owner", _("Owner")
    PHARMACIST = "pharmacist", _("Pharmacist")
    PURCHASER = "purchaser", _("Purchaser")
    CASHIER = "cashier", _("Cashier")
    ACCOUNTANT = "accountant", _("Accountant")
    AUDITOR = "auditor", _("Auditor")
