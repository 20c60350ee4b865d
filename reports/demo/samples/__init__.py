"""Sample offers: price lists as PDFs, in the layouts that wholesalers use. Same rows and seed, same bytes.

`build_price_list(path, rows=…, layout="arabic_list", seed=1)`; the layouts are `LAYOUTS`.
"""

from reports.demo.samples.builder import build_price_list
from reports.demo.samples.layouts import LAYOUTS, Layout
from reports.demo.samples.rows import OfferRow, WrittenRow
from reports.demo.samples.words import invent_rows

__all__ = ["LAYOUTS", "Layout", "OfferRow", "WrittenRow", "build_price_list", "invent_rows"]
