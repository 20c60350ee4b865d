"""A control class is raised by whoever keeps the catalogue, and lowered by a decision of its own."""

import pytest
from django.db import transaction

from core.models import AuditEvent
from inventory.enums import ControlClass
from inventory.errors import ControlClassLowered
from inventory.services import ProductChange, change_products, merge_products
from inventory.tests.factories import ACTOR, ProductFactory
from inventory.tests.test_admin import DESK, desk, product_form  # noqa: F401 - a fixture
from rbac.tests.factories import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def narcotic():
    return ProductFactory(control_class=ControlClass.NARCOTIC)


def patched(client, product, **changes):
    url = f"/api/v1/products/{product.pk}/"
    return client.patch(url, changes, format="json", headers={"If-Match": client.get(url)["ETag"]})


def lowered(client, product, **body):
    return client.post(f"/api/v1/products/{product.pk}/lower-control-class/", body, format="json")


def test_a_change_of_the_product_only_raises_its_class(narcotic):
    client = client_for("purchaser")
    refused = patched(client, narcotic, control_class="psychotropic", brand="New")
    assert (refused.status_code, refused.json()["code"]) == (409, "control_class_lowered")
    narcotic.refresh_from_db()
    assert (narcotic.control_class, narcotic.brand) == ("narcotic", "")
    assert patched(client, narcotic, control_class="narcotic", brand="New").status_code == 200
    assert patched(client, ProductFactory(), control_class="controlled").status_code == 200


def test_it_is_lowered_for_a_reason(narcotic):
    client = client_for("pharmacist")
    for body, field in (
        ({"control_class": "prescription", "reason": " "}, "reason"),
        ({"control_class": "narcotic", "reason": "x"}, "control_class"),
    ):
        refused = lowered(client, narcotic, **body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    told = lowered(client, narcotic, control_class="prescription", reason="Decree 12")
    assert (told.status_code, told.json()["control_class"]) == (200, "prescription")
    event = AuditEvent.objects.get(action="inventory.lower_control_class")
    assert event.summary.endswith("narcotic -> prescription: Decree 12")


def test_no_import_lowers_it(narcotic):
    changes = [
        ProductChange(ProductFactory().pk, {"control_class": ControlClass.PRESCRIPTION}),
        ProductChange(narcotic.pk, {"control_class": ControlClass.OTC}),
    ]
    with pytest.raises(ControlClassLowered) as fact, transaction.atomic():
        change_products(changes=changes, actor=ACTOR)
    assert fact.value.params["products"] == [narcotic.pk]


def test_merged_products_keep_the_stricter_class(narcotic):
    kept = ProductFactory()
    with transaction.atomic():
        merge_products(product_id=narcotic.pk, into_id=kept.pk, actor=ACTOR)
    kept.refresh_from_db()
    assert kept.control_class == ControlClass.NARCOTIC


@pytest.mark.parametrize(
    ("role", "reason", "after"),
    [
        ("purchaser", "Decree 12", "narcotic"),
        ("pharmacist", "", "narcotic"),
        ("pharmacist", "Decree 12", "prescription"),
    ],
)
def test_the_form_lowers_it_for_those_who_may_and_say_why(desk, narcotic, role, reason, after):  # noqa: F811 - the fixture
    url = f"{DESK}product/{narcotic.pk}/change/"
    unit = narcotic.units.get()
    form = product_form(control_class="prescription", class_reason=reason, brand="New")
    form |= {"units-TOTAL_FORMS": 1, "units-INITIAL_FORMS": 1, "units-0-id": unit.pk}
    form |= {
        "units-0-product": narcotic.pk,
        "units-0-name": unit.name,
        "units-0-factor": 1,
        "units-0-may_sell": "on",
    }
    form |= {"units-0-may_buy": "on", "units-0-is_default_buy": "on", "units-0-is_default_sell": "on"}
    assert desk(role).post(url, form).status_code == 302
    narcotic.refresh_from_db()
    assert (narcotic.control_class, narcotic.brand) == (after, "New" if after != "narcotic" else "")
