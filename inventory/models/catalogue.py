"""What the pharmacy can sell: products, what is in them, what they are called."""

from django.contrib import admin
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.models import TimestampedModel
from inventory.enums import ControlClass, StorageClass


class NamedInTwoLanguages(TimestampedModel):
    """``name`` is what the reader's language calls it, the other name where that one is empty."""

    name_en = models.CharField(_("name (English)"), max_length=255, blank=True)
    name_ar = models.CharField(_("name (Arabic)"), max_length=255, blank=True)

    class Meta:
        abstract = True

    @property
    @admin.display(description=_("name"))
    def name(self) -> str:
        return self.name_in(get_language() or "")

    def name_in(self, language: str) -> str:
        """The name a reader of ``language`` knows it by; the other where it has only one."""
        if language.startswith("ar"):
            return self.name_ar or self.name_en
        return self.name_en or self.name_ar

    def __str__(self) -> str:
        return self.name


@track_history()
class Category(NamedInTwoLanguages):
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name_en", "name_ar", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name_en", "name_ar"], name="category_named_once"),
            models.CheckConstraint(condition=~Q(name_en="") | ~Q(name_ar=""), name="category_has_name"),
        ]


@track_history()
class Manufacturer(NamedInTwoLanguages):
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166 code"))

    class Meta:
        verbose_name = _("manufacturer")
        verbose_name_plural = _("manufacturers")
        ordering = ["name_en", "name_ar", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name_en", "name_ar"], name="manufacturer_named_once"),
            models.CheckConstraint(condition=~Q(name_en="") | ~Q(name_ar=""), name="manufacturer_has_name"),
        ]


@track_history(exclude=["key"])
class Substance(TimestampedModel):
    """An active ingredient, known by its folded name."""

    name = models.CharField(_("name"), max_length=255)
    name_ar = models.CharField(_("name (Arabic)"), max_length=255, blank=True)
    key = models.CharField(max_length=255, unique=True, editable=False)

    class Meta:
        verbose_name = _("substance")
        verbose_name_plural = _("substances")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


@track_history(exclude=["search_key", "composition_key", "strength_key"])
class Product(NamedInTwoLanguages):
    """A sellable item: brand + strength + form + pack.

    ``search_key`` holds everything it is found by, folded; ``composition_key`` is equal for products with the
    same substances, strengths and form. Both are written by ``inventory.services`` alone.
    """

    brand = models.CharField(_("brand"), max_length=255, blank=True)
    strength = models.CharField(_("strength"), max_length=120, blank=True)
    strength_key = models.CharField(max_length=120, blank=True, editable=False)
    form = models.CharField(_("form"), max_length=120, blank=True)
    pack = models.CharField(_("pack"), max_length=120, blank=True)
    control_class = models.CharField(
        _("control class"), max_length=16, choices=ControlClass, default=ControlClass.OTC
    )
    storage_class = models.CharField(
        _("storage class"), max_length=16, choices=StorageClass, default=StorageClass.ROOM
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    manufacturer = models.ForeignKey(
        Manufacturer, models.PROTECT, null=True, blank=True, related_name="products",
        verbose_name=_("manufacturer"),
    )  # fmt: skip
    min_stock_qty = models.PositiveBigIntegerField(_("minimum stock"), null=True, blank=True)
    max_stock_qty = models.PositiveBigIntegerField(_("maximum stock"), null=True, blank=True)
    monthly_use_qty = models.PositiveBigIntegerField(_("monthly use"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_products", editable=False
    )
    search_key = models.TextField(editable=False, default="")
    composition_key = models.CharField(max_length=500, editable=False, blank=True, db_index=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name_en", "name_ar", "id"]
        indexes = [
            GinIndex(fields=["search_key"], opclasses=["gin_trgm_ops"], name="product_search"),
            models.Index(fields=["name_en", "name_ar", "id"], name="product_order"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name_en="") | ~Q(name_ar=""), name="product_has_name"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="product_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(is_active=False), name="product_merged_is_inactive"
            ),
            models.CheckConstraint(
                condition=Q(min_stock_qty__isnull=True)
                | Q(max_stock_qty__isnull=True)
                | Q(max_stock_qty__gte=F("min_stock_qty")),
                name="product_max_not_below_min",
            ),
        ]


@track_history(part_of="product", exclude=["strength_key"])
class ProductIngredient(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="ingredients")
    substance = models.ForeignKey(Substance, models.PROTECT, related_name="uses", verbose_name=_("substance"))
    strength = models.CharField(_("strength"), max_length=120, blank=True)
    strength_key = models.CharField(max_length=120, blank=True, editable=False)

    class Meta:
        verbose_name = _("ingredient")
        verbose_name_plural = _("ingredients")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "substance"], name="product_ingredient_once")
        ]

    def __str__(self) -> str:
        return f"{self.substance_id} {self.strength}"


@track_history(part_of="product", exclude=["key"])
class ProductAlias(models.Model):
    """Another name that people use. What one supplier calls a product is learned in purchases."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="aliases")
    alias = models.CharField(_("other name"), max_length=255)
    key = models.CharField(max_length=255, editable=False)

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="product_alias_once")]
        indexes = [models.Index(fields=["key"], name="product_alias_key")]

    def __str__(self) -> str:
        return self.alias
