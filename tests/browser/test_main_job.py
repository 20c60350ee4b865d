"""The main job as a pharmacist does it: from a price list to goods in stock, in the workbench, with real processes."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from capital.models import JournalEntry
from inventory.models import Product, Stock
from purchases.models import GoodsReceipt, Offer, OfferLine, Proposal, ProposalLine, PurchaseOrder
from tests.browser.pharmacy import BRANDS, OWNER, SUPPLIER, UNKNOWN, UNSURE, open_pharmacy
from users.selectors import local_today

#: A word of ours on some pages; the rest of the catalogue has tests of its own.
ARABIC = {"today": "اليوم", "upload": "رفع وقراءة", "proposal": "المتاح للشراء الآن", "stock": "المخزون"}

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.django_db]


@pytest.fixture
def price_list(processes, committed_db, tmp_path):
    """A running pharmacy; the file to upload."""
    path = open_pharmacy(tmp_path)
    processes.run(["manage.py", "collectstatic", "--noinput", "--verbosity=0"])
    processes.web(workers=1)
    processes.worker(concurrency=1)
    processes.engine()
    return path


def test_from_price_list_to_stock(page, price_list, processes, shots):
    desk = Desk(page, processes.web_url, shots)
    desk.sign_in()
    desk.upload(price_list)
    desk.settle()
    desk.look_who_is_cheapest()
    desk.propose()
    desk.approve()
    desk.receive()
    desk.look_at_stock_and_books()
    desk.turn_to_arabic()


class Desk:
    """Somebody at the workbench, who finds everything by what it says."""

    def __init__(self, page, url, shots):
        self.page, self.url = page, url
        self.shoot = lambda name: shots(page, name)

    def open(self, path):
        answer = self.page.goto(self.url + path)
        assert answer.ok, (path, answer.status)

    def press(self, text, **where):
        self.page.get_by_role("button", name=text, **where).first.click()
        self.page.wait_for_load_state()

    def sign_in(self):
        self.open("/")
        self.shoot("sign-in")
        self.page.fill("input[name=username]", OWNER[0])
        self.page.fill("input[name=password]", OWNER[1])
        self.page.click("button[type=submit]")
        expect(self.page).to_have_title(re.compile("Today"))
        self.shoot("today")

    def upload(self, path):
        self.page.get_by_role("link", name="Upload a price list").click()
        self.page.select_option("select[name=supplier]", label=SUPPLIER)
        self.page.set_input_files("input[name=file]", path)
        self.shoot("upload")
        self.press("Upload and read")
        self.shoot("reading")
        expect(self.page.get_by_role("link", name=re.compile("^To settle"))).to_be_visible(timeout=60_000)
        assert Offer.objects.get().line_count == len(BRANDS) + 3
        self.shoot("offer-to-settle")

    def settle(self):
        """One line by its suggestion, one as a new product, one is not for us."""
        row = self.row(UNSURE)
        row.locator("button[name=choice]").first.click()
        self.page.wait_for_load_state()
        expect(self.page.get_by_text("remembered for this supplier")).to_be_visible()
        assert OfferLine.objects.get(raw_name=UNSURE).match_status == "matched"
        self.page.get_by_role("link", name=re.compile("^No product yet")).click()
        self.shoot("offer-unknown")
        self.row(UNKNOWN).locator("input[type=checkbox][name=line]").check()
        self.press("Make new products")
        assert Product.objects.filter(name_ar__contains="فيتاكسول").count() == 1
        self.page.get_by_role("link", name=re.compile("^Matched")).click()
        self.shoot("offer-matched")

    def row(self, text):
        return self.page.locator("tr", has_text=text).first

    def look_who_is_cheapest(self):
        self.page.get_by_role("link", name="Who sells it cheapest").first.click()
        self.page.fill("input[name=q]", "Cardiline")
        self.page.press("input[name=q]", "Enter")
        expect(self.page.get_by_text(SUPPLIER).first).to_be_visible()
        self.shoot("cheapest")

    def propose(self):
        self.open("/admin/purchases/proposal/add/")
        self.shoot("propose")
        self.press("Propose an order")
        expect(self.page.get_by_role("button", name="Approve and order")).to_be_visible(timeout=60_000)
        self.shoot("proposal")
        line = ProposalLine.objects.order_by("pk").first()
        self.page.fill(f"input[name=paid-{line.pk}]", str(line.paid_qty + 5))
        self.press("Save quantities")
        assert ProposalLine.objects.get(pk=line.pk).paid_qty == line.paid_qty + 5
        self.shoot("proposal-changed")

    def approve(self):
        self.page.once("dialog", lambda dialog: dialog.accept())
        self.press("Approve and order")
        expect(self.page.get_by_text("Approved").first).to_be_visible()
        assert Proposal.objects.get().status == "approved"
        self.shoot("approved")
        order = PurchaseOrder.objects.get()
        self.page.get_by_role("link", name=order.number).click()
        if order.status == "draft":
            self.press("Mark as sent")
        self.shoot("order")

    def receive(self):
        self.page.get_by_role("link", name="Receive goods").click()
        expect(
            self.page.get_by_role("button", name="Receive into stock")
        ).to_be_visible()  # all() does not wait
        expiry = (local_today() + timedelta(days=500)).strftime("%Y-%m")
        for place, box in enumerate(self.page.locator("input[name^=batch-][name$='-0']").all()):
            box.fill(f"LOT{place + 1:03}")
        for box in self.page.locator("input[name^=expiry-][name$='-0']").all():
            box.fill(expiry)
        self.page.get_by_role("button", name="A second batch").first.click()
        first = self.page.locator("tr[data-more]").first.locator("input")
        expect(first.first).to_be_focused()
        self.shoot("receive")
        self.press("Receive into stock")
        expect(self.page.get_by_text("stock and books are up to date")).to_be_visible()
        self.shoot("receipt")
        assert PurchaseOrder.objects.get().status == "received"

    def look_at_stock_and_books(self):
        self.open("/admin/inventory/stock/")
        expect(self.page.get_by_text("LOT001").first).to_be_visible()
        self.shoot("stock")
        receipt = GoodsReceipt.objects.get()
        value = sum(Stock.objects.values_list("value_amount", flat=True), Decimal(0))
        assert value == receipt.goods_amount
        entry = JournalEntry.objects.order_by("pk").last()
        self.open("/admin/capital/journalentry/")
        self.shoot("journal")
        self.page.get_by_role("link", name=entry.number).first.click()
        self.shoot("journal-entry")
        lines = entry.lines.all()
        assert sum(line.debit for line in lines) == sum(line.credit for line in lines) > 0

    def turn_to_arabic(self):
        """The same first pages, from right to left."""
        self.page.context.add_cookies([{"name": "django_language", "value": "ar", "url": self.url}])
        pages = {
            "today": "/admin/",
            "upload": "/admin/purchases/offer/add/",
            "offer": f"/admin/purchases/offer/{Offer.objects.get().pk}/change/",
            "proposal": f"/admin/purchases/proposal/{Proposal.objects.get().pk}/change/",
            "order": f"/admin/purchases/purchaseorder/{PurchaseOrder.objects.get().pk}/change/",
            "stock": "/admin/inventory/stock/",
        }
        for name, path in pages.items():
            self.open(path)
            expect(self.page.locator("html")).to_have_attribute("dir", "rtl")
            if name in ARABIC:
                expect(self.page.locator("body")).to_contain_text(ARABIC[name])
            self.shoot(f"arabic-{name}")
