"""Every document that posts has a name for the journal; whoever adds one names its kind after its model."""

import re

import pytest

from core.documents import document_api, document_name, document_page
from tests.architecture.test_house import ROOT

APPS = ("capital", "inventory", "sales", "purchases")
KIND = re.compile(r"""(?:Source\(|SOURCE_KIND = |KIND = )"([a-z_]+)\"""")
#: These move nothing in the books.
SILENT = {"offer"}


def posting_kinds():
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "tests" not in path.parts]
    return sorted({kind for path in files for kind in KIND.findall(path.read_text())} - SILENT)


@pytest.mark.parametrize("kind", posting_kinds())
def test_a_kind_of_source_has_a_name(kind):
    assert document_name(kind) != kind.replace("_", " ").capitalize() or kind == "opening_balance"


def test_the_main_documents_have_their_page_and_their_address():
    assert {"sale", "goods_receipt", "supplier_payment", "stock_adjustment", "manual"} <= set(posting_kinds())
    for kind in (
        "sale",
        "refund",
        "goods_receipt",
        "supplier_payment",
        "stock_adjustment",
        "manual",
        "expense",
    ):
        assert document_page(kind, "7").endswith("/7/change/"), kind
        assert document_api(kind, "7").endswith("/7/"), kind
    assert document_page("supplier_allocation", "7-1") == ""
    assert document_api("nothing_of_ours", "7") is None
