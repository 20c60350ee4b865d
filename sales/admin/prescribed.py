"""What a sale typed at the workbench is dispensed on: a prescription on file, or the paper that came with it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sales.admin.sellers import SellerForm
from sales.models import Sale
from sales.services import PatientData, PrescriberData, PrescriptionData

__all__ = ["PRESCRIBED_FIELDS", "PrescribedForm", "SaleForm", "prescribed_in"]

PRESCRIBED_FIELDS = (
    "prescription",
    "patient_name",
    "patient_id_number",
    "prescriber_name",
    "prescriber_licence",
    "issued_date",
)


class PrescribedForm(forms.Form):
    """Empty where nothing of the sale needs a prescription."""

    prescription = forms.RegexField(
        r"^\s*(?:[Rr][Xx]-?)?\d{1,18}\s*$",
        label=_("prescription on file"),
        required=False,
        help_text=_("Its number; or write down patient and prescriber."),
    )
    patient_name = forms.CharField(label=_("patient"), max_length=200, required=False)
    patient_id_number = forms.CharField(label=_("identity number"), max_length=60, required=False)
    prescriber_name = forms.CharField(label=_("prescriber"), max_length=200, required=False)
    prescriber_licence = forms.CharField(label=_("licence number"), max_length=60, required=False)
    issued_date = forms.DateField(
        label=_("written on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class SaleForm(SellerForm, PrescribedForm, forms.ModelForm):
    class Meta:
        model = Sale
        fields = ["customer", "till", "note"]


def prescribed_in(given: dict[str, Any], *, customer_id: int | None = None) -> dict[str, Any]:
    """The fields of SaleData that the form fills; the patient is known to us as the customer, where there is one."""
    number = "".join(letter for letter in given.get("prescription") or "" if letter.isdigit())
    prescribed = None
    if given.get("patient_name") or given.get("prescriber_name"):
        prescribed = PrescriptionData(
            patient=PatientData(
                given["patient_name"], id_number=given["patient_id_number"], customer_id=customer_id
            ),
            prescriber=PrescriberData(given["prescriber_name"], given["prescriber_licence"]),
            issued_date=given["issued_date"],
        )
    return {"prescription_id": int(number) if number else None, "prescribed": prescribed}
