"""Reads what the sample generator wrote and names every difference."""

from decimal import Decimal

from ocr_engine.reading.document import Options, read_pages
from reports.demo.samples import LAYOUTS, Layout, WrittenRow, build_price_list, invent_rows

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩٫", "0123456789.")


def squeeze(text):
    return " ".join(text.translate(_DIGITS).split())


def read_here(path, hints=None):
    """Without a child process: for tests of what is read, not of how safely."""
    return read_pages(str(path), options=Options(hints=hints or {}), progress=lambda _done: None)


def write_and_read(path, layout, *, seed, count=70):
    chosen = LAYOUTS[layout] if isinstance(layout, str) else layout
    rows = invent_rows(
        count,
        language=chosen.language,
        seed=seed,
        decimals=chosen.decimals,
        conditions="bonus" in chosen.columns,
    )
    truth = build_price_list(path, rows=rows, layout=chosen, seed=seed)
    return truth, read_here(path), chosen


def differences(truth: list[WrittenRow], lines: list[dict], layout: Layout) -> list[str]:
    found = [] if len(truth) == len(lines) else [f"{len(lines)} lines for {len(truth)} rows"]
    for row, line in zip(truth, lines, strict=False):
        fields = line["fields"]
        found += _compare(row, line, fields)
        if "bonus" in layout.columns:
            found += _compare_offer(row, line, fields)
        if "net" in layout.columns:
            found += _compare_net(row, line, fields)
        if "pack" in layout.columns and fields["pack"]["value"] != row.row.pack:
            found.append(f"pack {row.row.pack}: {fields['pack']}")
        if "expiry" in layout.columns:
            month, year = row.row.expiry.split("/")
            if fields["expiry"]["value"] != f"{year}-{month}":
                found.append(f"expiry {row.row.expiry}: {fields['expiry']}")
    return found


def _compare(row, line, fields):
    if line["page"] != row.page:
        yield f"page {row.page}: {line['page']}"
    if squeeze(fields["name"]["value"]) != squeeze(row.row.name):
        yield f"name {row.row.name!r}: {fields['name']['value']!r}"
    if fields["price"]["value"] is None or Decimal(fields["price"]["value"]) != row.row.price:
        yield f"price {row.row.price}: {fields['price']}"
    if (line["section"] or "") != row.section:
        yield f"section {row.section!r}: {line['section']!r}"


def _compare_offer(row, line, fields):
    tiers = fields["bonus"]["value"]
    if tiers is None or [(tier["buy"], tier["free"]) for tier in tiers] != list(row.row.bonus):
        yield f"offer {row.offer_text!r}: {fields['bonus']}"
    elif sum("exceptional" in tier.get("flags", ()) for tier in tiers) != row.row.exceptional:
        yield f"exceptional {row.offer_text!r}: {tiers}"
    if line["flags"]:
        yield f"flags of {row.offer_text!r}: {line['flags']}"
    conditions = (fields.get("conditions") or {"value": ()})["value"]
    wanted = {"دفتر": "register_required", "register": "register_required", "مشكل": "mix", "mix": "mix"}
    if row.row.condition_text and wanted[row.row.condition_text] not in conditions:
        yield f"condition {row.offer_text!r}: {conditions}"


def _compare_net(row, line, fields):
    if line["checks"].get("net_arithmetic") != "pass" or Decimal(fields["net"]["value"]) != row.net:
        yield f"net {row.net}: {line['checks']} {fields.get('discount')} {fields.get('net')}"
    if Decimal(fields["public_price"]["value"]) != row.row.public_price:
        yield f"public price {row.row.public_price}: {fields['public_price']}"
