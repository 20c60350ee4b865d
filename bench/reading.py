"""How fast a list is read, as a ratio to the least that any reader must do: pulling out its glyphs.

    python -m bench.reading [offer.pdf]

The raw pass asks pdfium for letter and box of each glyph, in this process, and nothing else. Without a file an
84-page Arabic list of 2,500 lines is made first.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from ocr_engine.reading import read_document
from ocr_engine.reading.document import Options, read_pages
from reports.demo.samples import LAYOUTS, build_price_list, invent_rows

LINES = 2_500
ROUNDS = 3


def raw_glyphs(path: str) -> tuple[int, int]:
    """Pages and glyphs: letter and box of each, thrown away."""
    box, count = pdfium.FS_RECTF(), 0
    document = pypdfium2.PdfDocument(path)
    for page in document:
        text = page.get_textpage()
        total = pdfium.FPDFText_CountChars(text.raw)
        for index in range(total):
            pdfium.FPDFText_GetUnicode(text.raw, index)
            pdfium.FPDFText_GetLooseCharBox(text.raw, index, box)
        count += total
        text.close()
        page.close()
    pages = len(document)
    document.close()
    return pages, count


def best(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """The shortest of a few rounds: CPU seconds, so that a busy machine does not blur the ratio."""
    times = []
    for _ in range(ROUNDS):
        started = clock()
        work()
        times.append(clock() - started)
    return min(times)


def measure(path: str) -> None:
    pages, glyphs = raw_glyphs(path)
    raw = best(lambda: raw_glyphs(path))
    core = best(lambda: read_pages(path, options=Options(), progress=lambda _done: None))
    whole = best(lambda: read_document(path, mime="application/pdf", max_pages=2000), time.perf_counter)
    lines = len(read_document(path, mime="application/pdf", max_pages=2000).lines)
    print(f"{pages} pages, {glyphs} glyphs, {lines} lines")
    print(f"raw glyphs             {raw:6.2f} s of CPU  {pages / raw:7.1f} pages/s   1.0 x")
    print(f"read, in this process  {core:6.2f} s of CPU  {pages / core:7.1f} pages/s  {core / raw:4.1f} x")
    print(f"read_document, waiting {whole:6.2f} s         {pages / whole:7.1f} pages/s")


def main(argv: list[str] | None = None) -> None:
    arguments = sys.argv[1:] if argv is None else argv
    if arguments:
        measure(arguments[0])
        return
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "long.pdf")
        layout = replace(LAYOUTS["arabic_dots"], leading=2.3, size=11)
        build_price_list(path, rows=invent_rows(LINES, seed=84), layout=layout, seed=84)
        measure(path)


if __name__ == "__main__":
    main()
