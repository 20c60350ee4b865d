"""What a read price list says, as bounded values. Pure: no Django, no database.

Both ways in meet here: the engine's document and the rows of a spreadsheet become the same `ReadLine`.
"""

from purchases.reading.document import ReadDocument, document_from_result
from purchases.reading.lines import ReadLine
from purchases.reading.table import NoPriceTable, document_from_table, heading_score
from purchases.reading.tiers import mark_suspects, swap_tiers, usable_tiers

__all__ = [
    "NoPriceTable",
    "ReadDocument",
    "ReadLine",
    "document_from_result",
    "document_from_table",
    "heading_score",
    "mark_suspects",
    "swap_tiers",
    "usable_tiers",
]
