"""Planning: which goods to buy where, how many, within what may be spent. A pure core: no Django, no database.

`make_plan(PlanInput(...)) -> Plan`. Today each product is bought from one supplier and suppliers are closed one by one
where minimum orders or fees ask for it; the bound says how far that can be from the best (docs/adr).
"""

from purchases.planning.planner import FORMULA, make_plan
from purchases.planning.types import (
    Budget,
    DemandSource,
    Excluded,
    Note,
    Plan,
    PlanInput,
    PlanLine,
    PlanTotals,
    ProductNeed,
    Rules,
    SupplierOption,
    SupplierTerms,
)

__all__ = [
    "FORMULA",
    "Budget",
    "DemandSource",
    "Excluded",
    "Note",
    "Plan",
    "PlanInput",
    "PlanLine",
    "PlanTotals",
    "ProductNeed",
    "Rules",
    "SupplierOption",
    "SupplierTerms",
    "make_plan",
]
