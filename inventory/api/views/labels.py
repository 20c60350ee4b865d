"""Labels as PDF, and codes of our own to print on them."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.idempotency import idempotent
from core.api.requests import actor_of
from core.api.views import DomainViewSet
from core.errors import FieldError, InvalidInput
from inventory.api.serializers import labels as shapes
from inventory.enums import LabelKind, LabelLayout
from inventory.models import ProductIdentifier, ProductUnit
from inventory.selectors import LabelWish, print_labels, repriced_units, usual_units
from inventory.selectors.products import selling_units
from inventory.services import assign_own_codes
from users.selectors import local_today


class LabelViewSet(DomainViewSet):
    """Shelf and pack labels."""

    permissions = {"*": "inventory.print_labels"}
    serializer_class = shapes.LabelRequestSerializer
    queryset = ProductUnit.objects.none()

    @extend_schema(
        request=shapes.LabelRequestSerializer,
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def create(self, request: Request) -> HttpResponse:
        """Labels for products, units or batches, or for everything whose price changed since a day."""
        form = shapes.LabelRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        if "items" in given:
            wishes = _wishes(given["items"])
        else:
            units = repriced_units(given["changed_since"], local_today())[: shapes.MAX_LABELS]
            wishes = [LabelWish(unit) for unit in units]
        return _answer(wishes, given)


def _answer(wishes: list[LabelWish], given: dict[str, Any]) -> HttpResponse:
    """The PDF of ``wishes`` on the paper that ``given`` names."""
    pdf, count = print_labels(
        wishes,
        layout=LabelLayout(given["layout"]),
        kind=LabelKind(given["kind"]),
        with_batch=given["with_batch"],
        skip=given["skip"],
        tier=given["tier"],
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="labels.pdf"'
    response["X-Label-Count"] = str(count)
    return response


def _wishes(items: list[dict[str, Any]]) -> list[LabelWish]:
    """Products stand for their usual selling unit. Raises InvalidInput naming what there is not."""
    usual = selling_units({item["product"] for item in items if "product" in item})
    named = {item["unit"] for item in items if "unit" in item}
    known = set(ProductUnit.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    errors, wishes = [], []
    for number, item in enumerate(items):
        unit = usual[item["product"]].pk if item.get("product") in usual else item.get("unit")
        if unit is None or ("unit" in item and unit not in known):
            field = "unit" if "unit" in item else "product"
            errors.append(FieldError(f"items[{number}].{field}", "not_found", _("There is no such thing")))
        else:
            wishes.append(LabelWish(unit, item["copies"], item.get("batch")))
    if errors:
        raise InvalidInput(errors=errors)
    return wishes


class OwnCodeViewSet(DomainViewSet):
    """Codes of our own, for goods that carry none."""

    permissions = {"*": "inventory.change_product"}
    serializer_class = shapes.OwnCodeSerializer
    queryset = ProductIdentifier.objects.none()

    @extend_schema(
        request=shapes.OwnCodeRequestSerializer, responses={201: shapes.OwnCodeSerializer(many=True)}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Give units without a bar code an EAN-13 of ours (prefix 20-29); what has a code keeps it."""
        form = shapes.OwnCodeRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        units = given.get("units") or usual_units(given["products"])
        codes = assign_own_codes(unit_ids=units, actor=actor_of(request))
        rows = [{"unit": unit, "code": codes[unit]} for unit in dict.fromkeys(units) if unit in codes]
        return Response(rows, status=status.HTTP_201_CREATED)
