"""Products and what hangs on them."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from inventory.enums import ControlClass, IdentifierKind, StorageClass
from inventory.models import Category, Location, Manufacturer, Product
from inventory.selectors import price_book
from inventory.services.product_rows import MAX_FACTOR
from inventory.types import IdentifierData, IngredientData, ProductData, UnitData
from users.selectors import local_today

_MAX_QTY = 1_000_000_000
_MAX_LIST = 200


class CategorySerializer(StrictModelSerializer):
    name = serializers.CharField(read_only=True)
    parent: Any = RefField(queryset=Category.objects.all(), allow_null=True, required=False)

    class Meta:
        model = Category
        fields = ["id", "name", "name_en", "name_ar", "parent", "updated_at"]
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return named(self, attrs)


class ManufacturerSerializer(StrictModelSerializer):
    name = serializers.CharField(read_only=True)

    class Meta:
        model = Manufacturer
        fields = ["id", "name", "name_en", "name_ar", "country", "updated_at"]
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return named(self, attrs)


class LocationSerializer(StrictModelSerializer):
    """The usual place is one; a new one takes over."""

    is_default = serializers.BooleanField(required=False)

    class Meta:
        model = Location
        fields = ["id", "name", "name_ar", "kind", "is_default", "is_active", "updated_at"]


def named(serializer: Any, attrs: dict[str, Any]) -> dict[str, Any]:
    """A new record needs a name in one language at least."""
    if not serializer.partial and not attrs.get("name_en") and not attrs.get("name_ar"):
        raise serializers.ValidationError({"name_en": "A name in one language at least"}, code="required")
    return attrs


class UnitSerializer(StrictSerializer):
    """A unit of a product. ``price`` is today's retail price, a share of another unit's where it has none."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    name_ar = serializers.CharField()
    factor = serializers.IntegerField()
    is_base = serializers.BooleanField()
    may_buy = serializers.BooleanField()
    may_sell = serializers.BooleanField()
    is_default_buy = serializers.BooleanField()
    is_default_sell = serializers.BooleanField()
    barcodes = serializers.ListField(child=serializers.CharField())
    price = MoneyField(allow_null=True)
    below_replacement_cost = serializers.BooleanField(help_text="The price is below the last cost")


class IdentifierSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=IdentifierKind.choices)
    value = serializers.CharField()
    unit = serializers.IntegerField(source="unit_id", allow_null=True)


class IngredientSerializer(StrictSerializer):
    substance = RefField(read_only=True)
    strength = serializers.CharField()


class _PricedList(serializers.ListSerializer[Any]):
    """One look at the prices for the whole page."""

    def to_representation(self, data: Any) -> list[Any]:
        products = list(data)
        context = cast("dict[str, Any]", self.context)
        context["price_book"] = price_book([item.pk for item in products], on=local_today(), with_costs=True)
        return super().to_representation(products)


class ProductSerializer(StrictModelSerializer):
    name = serializers.CharField(read_only=True)
    category = RefField(read_only=True)
    manufacturer = RefField(read_only=True)
    merged_into = RefField(read_only=True)
    units = serializers.SerializerMethodField()
    identifiers = IdentifierSerializer(many=True, read_only=True)
    aliases: Any = serializers.SlugRelatedField(slug_field="alias", many=True, read_only=True)
    ingredients = IngredientSerializer(many=True, read_only=True)

    class Meta:
        model = Product
        list_serializer_class = _PricedList
        fields = [
            "id", "name", "name_en", "name_ar", "brand", "strength", "form", "pack", "control_class",
            "storage_class", "category", "manufacturer", "min_stock_qty", "max_stock_qty", "monthly_use_qty",
            "is_active", "merged_into", "units", "identifiers", "aliases", "ingredients", "created_at",
            "updated_at",
        ]  # fmt: skip

    @extend_schema_field(UnitSerializer(many=True))
    def get_units(self, product: Product) -> list[dict[str, Any]]:
        book = self.context.get("price_book") or price_book([product.pk], on=local_today(), with_costs=True)
        codes: dict[int | None, list[str]] = {}
        for identifier in product.identifiers.all():
            codes.setdefault(identifier.unit_id, []).append(identifier.value)
        price = MoneyField(allow_null=True)
        return [
            {
                "id": unit.pk,
                "name": unit.name,
                "name_ar": unit.name_ar,
                "factor": unit.factor,
                "is_base": unit.is_base,
                "may_buy": unit.may_buy,
                "may_sell": unit.may_sell,
                "is_default_buy": unit.is_default_buy,
                "is_default_sell": unit.is_default_sell,
                "barcodes": codes.get(unit.pk, []),
                "price": None if (found := book.price(unit.pk)) is None else price.to_representation(found),
                "below_replacement_cost": book.is_below_cost(unit.pk),
            }
            for unit in product.units.all()
        ]


class UnitWriteSerializer(StrictSerializer):
    """A unit as written. With an ``id`` it changes that unit, without it adds one."""

    id = serializers.IntegerField(required=False, allow_null=True)
    name = serializers.CharField(max_length=60)
    name_ar = serializers.CharField(max_length=60, allow_blank=True, required=False)
    factor = serializers.IntegerField(min_value=1, max_value=MAX_FACTOR)
    may_buy = serializers.BooleanField(required=False)
    may_sell = serializers.BooleanField(required=False)
    is_default_buy = serializers.BooleanField(required=False)
    is_default_sell = serializers.BooleanField(required=False)
    barcodes = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=_MAX_LIST
    )


class IdentifierWriteSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=IdentifierKind.choices, default=IdentifierKind.GTIN)
    value = serializers.CharField(max_length=64)


class IngredientWriteSerializer(StrictSerializer):
    substance = serializers.CharField(max_length=255)
    strength = serializers.CharField(max_length=120, allow_blank=True, required=False)


class ProductWriteSerializer(StrictSerializer):
    """A product as written; a list given replaces the one there was. Barcodes of a unit go with the unit."""

    name_en = serializers.CharField(max_length=255, allow_blank=True, required=False)
    name_ar = serializers.CharField(max_length=255, allow_blank=True, required=False)
    brand = serializers.CharField(max_length=255, allow_blank=True, required=False)
    strength = serializers.CharField(max_length=120, allow_blank=True, required=False)
    form = serializers.CharField(max_length=120, allow_blank=True, required=False)
    pack = serializers.CharField(max_length=120, allow_blank=True, required=False)
    control_class = serializers.ChoiceField(choices=ControlClass.choices, required=False)
    storage_class = serializers.ChoiceField(choices=StorageClass.choices, required=False)
    category = RefField(queryset=Category.objects.all(), allow_null=True, required=False)
    manufacturer = RefField(queryset=Manufacturer.objects.all(), allow_null=True, required=False)
    min_stock_qty = serializers.IntegerField(min_value=0, max_value=_MAX_QTY, allow_null=True, required=False)
    max_stock_qty = serializers.IntegerField(min_value=0, max_value=_MAX_QTY, allow_null=True, required=False)
    monthly_use_qty = serializers.IntegerField(
        min_value=0, max_value=_MAX_QTY, allow_null=True, required=False
    )
    is_active = serializers.BooleanField(required=False)
    units = UnitWriteSerializer(many=True, required=False, max_length=_MAX_LIST)  # type: ignore[call-arg]  # many=True
    identifiers = IdentifierWriteSerializer(many=True, required=False, max_length=_MAX_LIST)  # type: ignore[call-arg]  # many=True
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=255), required=False, max_length=_MAX_LIST
    )
    ingredients = IngredientWriteSerializer(many=True, required=False, max_length=_MAX_LIST)  # type: ignore[call-arg]  # many=True

    def changes(self) -> dict[str, Any]:
        """The validated fields under the names and types of ProductData."""
        given = dict(self.validated_data)
        for name in ("category", "manufacturer"):
            if name in given:
                record = given.pop(name)
                given[f"{name}_id"] = record.pk if record else None
        if "units" in given:
            given["units"] = [
                UnitData(**{**unit, "barcodes": tuple(unit.get("barcodes", ()))}) for unit in given["units"]
            ]
        if "identifiers" in given:
            given["identifiers"] = [
                IdentifierData(item["value"], IdentifierKind(item["kind"])) for item in given["identifiers"]
            ]
        if "ingredients" in given:
            given["ingredients"] = [IngredientData(**item) for item in given["ingredients"]]
        return given

    def product_data(self) -> ProductData:
        return ProductData(**self.changes())


class MergeSerializer(StrictSerializer):
    """``into``: the product that stays."""

    into = serializers.IntegerField(min_value=1)


class LowerControlClassSerializer(StrictSerializer):
    control_class = serializers.ChoiceField(choices=ControlClass.choices)
    reason = serializers.CharField(max_length=500)
