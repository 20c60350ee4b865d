"""People and papers by what is typed at the counter: a name as one spells it, a number, a phone."""

import re
from typing import Any

from django.db.models import Q, QuerySet

from core.text import fold
from sales.enums import PrescriptionState
from sales.models import Customer, Prescription
from sales.selectors.documents import list_customers
from sales.selectors.prescriptions import list_prescriptions

__all__ = ["find_customers", "find_prescriptions"]

#: What one types as the first is written as any of them.
_SPELLINGS = {"ا": "[اأإآٱ]", "ه": "[هة]", "ي": "[يىئ]", "و": "[وؤ]"}
_DISPENSABLE = (PrescriptionState.OPEN, PrescriptionState.PARTLY_DISPENSED)
_NUMBER = re.compile(r"(?:rx-?)?0*(\d{1,18})")


def _spelled(word: str) -> str:
    """A pattern for every spelling that folds to ``word``."""
    return "".join(_SPELLINGS.get(letter, re.escape(letter)) for letter in word)


def find_customers(text: str, among: QuerySet[Customer] | None = None) -> QuerySet[Customer]:
    """Those (by default: whom one may sell to) whose name or phone holds every word of ``text``."""
    found = list_customers().filter(is_active=True, merged_into__isnull=True) if among is None else among
    for word in fold(text).split():
        found = found.filter(Q(name__iregex=_spelled(word)) | Q(phone__contains=word))
    return found


def find_prescriptions(text: str) -> QuerySet[Prescription]:
    """Prescriptions that leave something, by their number, or the patient's name, identity number or phone, or what the paper says."""
    papers: QuerySet[Any] = list_prescriptions()
    found = papers.filter(state__in=_DISPENSABLE)
    for word in fold(text).split():
        number = _NUMBER.fullmatch(word)
        by_text = Q(patient_name__iregex=_spelled(word)) | Q(patient_id_number__icontains=word)
        by_text |= Q(patient_phone__contains=word) | Q(reference__icontains=word)
        found = found.filter(by_text | Q(pk=int(number[1])) if number else by_text)
    return found
