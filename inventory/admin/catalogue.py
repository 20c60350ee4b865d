"""Products, their prices, and the short lists behind them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet, Sum
from django.forms import BaseModelFormSet, CharField, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor
from core.sources import Source
from core.templatetags.workbench import money
from inventory.admin.labels import GivesCodes, LabelActionForm, PrintsLabels
from inventory.enums import ControlClass, IdentifierKind
from inventory.models import (
    Category,
    LegalPrice,
    Manufacturer,
    Product,
    ProductAlias,
    ProductIdentifier,
    ProductIngredient,
    ProductUnit,
    SellingPrice,
    Substance,
)
from inventory.selectors import LabelWish, positions, price_book, search_products, usual_units
from inventory.services import (
    IdentifierData,
    IngredientData,
    PriceData,
    ProductData,
    UnitData,
    create_product,
    lower_control_class,
    save_category,
    save_manufacturer,
    set_legal_prices,
    set_selling_price,
    update_product,
)
from users.selectors import local_today


class UnitInline(TabularInline):
    hide_title = True
    model = ProductUnit
    extra = 0
    fields = ["name", "name_ar", "factor", "may_buy", "may_sell", "is_default_buy", "is_default_sell"]
    verbose_name_plural = _("units (the one with factor 1 is what stock is counted in)")


class IdentifierInline(TabularInline):
    hide_title = True
    model = ProductIdentifier
    extra = 0
    fields = ["kind", "value", "unit"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "unit":
            resolved = request.resolver_match
            product = resolved.kwargs.get("object_id") if resolved else None
            kwargs["queryset"] = ProductUnit.objects.filter(product_id=product or None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class IngredientInline(TabularInline):
    hide_title = True
    model = ProductIngredient
    extra = 0
    fields = ["substance", "strength"]
    autocomplete_fields = ["substance"]


class AliasInline(TabularInline):
    hide_title = True
    model = ProductAlias
    extra = 0
    fields = ["alias"]


class ProductForm(ModelForm):
    class_reason = CharField(
        required=False,
        max_length=500,
        label=_("Why the class is lowered"),
        help_text=_("A class is raised without a word; to lower it takes a right of its own."),
        widget=UnfoldAdminTextInputWidget(),
    )

    def lowers_class(self) -> bool:
        return ControlClass.is_lower(self.cleaned_data["control_class"], self.initial["control_class"])


@admin.register(Product)
class ProductAdmin(PrintsLabels, GivesCodes, ServiceAdmin):
    list_display = [
        "name",
        "strength",
        "form",
        "pack",
        "manufacturer",
        "on_hand",
        "control_class",
        "is_active",
    ]
    list_select_related = ["manufacturer"]
    list_filter = [
        "is_active",
        "control_class",
        "storage_class",
        ("category", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["search_key"]
    autocomplete_fields = ["category", "manufacturer"]
    form = ProductForm
    inlines = [UnitInline, IdentifierInline, IngredientInline, AliasInline]
    readonly_fields = ["stock_now", "prices_now", "merged_into"]
    actions = ["print_labels", "give_codes"]
    action_form = LabelActionForm
    fieldsets = [
        (None, {"fields": [("name_en", "name_ar"), ("strength", "form", "pack"), ("brand", "manufacturer"),
                           ("category", "is_active")]}),
        (_("Stock"), {"fields": ["stock_now", "prices_now", ("min_stock_qty", "max_stock_qty", "monthly_use_qty")]}),
        (_("Law and storage"), {"fields": [("control_class", "storage_class"), "class_reason", "merged_into"]}),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).annotate(held=Sum("stock__on_hand"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        return search_products(search_term, queryset, include_merged=True), False

    def wishes_of(self, queryset: QuerySet[Product]) -> Iterable[LabelWish]:
        products = queryset.values_list("pk", flat=True)
        return [LabelWish(unit) for unit in usual_units(products)]

    @admin.display(description=_("on hand"), ordering="held")
    def on_hand(self, product: Product) -> int:
        return getattr(product, "held", None) or 0

    @admin.display(description=_("stock"))
    def stock_now(self, product: Product) -> str:
        """What there is and what may be sold, and the batches that expire next."""
        if not product.pk:
            return "-"
        position = positions([product.pk], local_today())[product.pk]
        batches = format_html_join(
            "", "<li>{}: {}</li>", ((expiry or _("no expiry"), qty) for expiry, qty in position.sellable_by_expiry[:8])
        )  # fmt: skip
        text = _("%(on_hand)d on hand, %(available)d may be sold") % vars(position)
        return format_html("{}<ul>{}</ul>", text, batches)

    @admin.display(description=_("selling prices"))
    def prices_now(self, product: Product) -> str:
        """Today's retail price of each unit."""
        if not product.pk:
            return "-"
        book = price_book([product.pk], on=local_today())
        rows = ((unit.label, money(book.price(unit.pk))) for unit in product.units.all())
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", rows))

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        given = _plain(form.cleaned_data)
        reason = given.pop("class_reason")
        if change:
            if request.user.has_perm("inventory.lower_control_class") and form.lowers_class():
                lower_control_class(
                    product_id=obj.pk,
                    control_class=given["control_class"],
                    reason=reason,
                    actor=admin_actor(request),
                )
            named = {f"{name}_id" if f"{name}_id" in given else name for name in form.changed_data}
            changes = {name: given[name] for name in named if name in given}
            saved = update_product(product_id=obj.pk, changes=changes, actor=admin_actor(request))
        else:
            saved = create_product(data=ProductData(**given), actor=admin_actor(request))
        self.adopt(obj, saved)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """Everything below the form in one change, so that keys and codes agree with it."""
        changes: dict[str, Any] = {}
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        by_model = {formset.model: formset for formset in formsets if formset.has_changed()}
        if {ProductUnit, ProductIdentifier} & by_model.keys():
            changes |= _units_and_codes({formset.model: formset for formset in formsets})
        if ProductIngredient in by_model:
            changes["ingredients"] = [
                IngredientData(row["substance"].name, row["strength"])
                for row in _kept(by_model[ProductIngredient])
            ]
        if ProductAlias in by_model:
            changes["aliases"] = [row["alias"] for row in _kept(by_model[ProductAlias])]
        if changes:
            update_product(product_id=form.instance.pk, changes=changes, actor=admin_actor(request))


def _units_and_codes(formsets: dict[Any, BaseModelFormSet]) -> dict[str, Any]:
    codes = list(_kept(formsets[ProductIdentifier]))
    units = [
        UnitData(
            id=row["id"].pk if row.get("id") else None,
            name=row["name"],
            name_ar=row["name_ar"],
            factor=row["factor"],
            may_buy=row["may_buy"],
            may_sell=row["may_sell"],
            is_default_buy=row["is_default_buy"],
            is_default_sell=row["is_default_sell"],
            barcodes=tuple(code["value"] for code in codes if row.get("id") and code["unit"] == row["id"]),
        )
        for row in _kept(formsets[ProductUnit])
    ]
    changes: dict[str, Any] = {
        "identifiers": [
            IdentifierData(code["value"], IdentifierKind(code["kind"])) for code in codes if not code["unit"]
        ]
    }
    if units:
        changes["units"] = units
    return changes


def _kept(formset: BaseModelFormSet) -> list[dict[str, Any]]:
    """The rows of a formset that were filled in and not ticked for deletion."""
    return [
        form.cleaned_data
        for form in formset.forms
        if form.cleaned_data
        and not form.cleaned_data.get("DELETE")
        and (form.instance.pk or form.has_changed())
    ]


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Form data with ids in place of records."""
    names = {field.name for field in Product._meta.fields if isinstance(field, ForeignKey)}  # noqa: SLF001 - documented API
    return {
        f"{name}_id" if name in names else name: (value.pk if name in names and value else value)
        for name, value in given.items()
    }


class NamedAdmin(ServiceAdmin):
    list_display = ["name", "name_en", "name_ar"]
    search_fields = ["name_en", "name_ar"]


@admin.register(Category)
class CategoryAdmin(NamedAdmin):
    fields = ["name_en", "name_ar", "parent"]
    autocomplete_fields = ["parent"]

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        changes, actor = form.cleaned_data, admin_actor(request)
        self.adopt(obj, save_category(changes=changes, actor=actor, category_id=obj.pk if change else None))


@admin.register(Manufacturer)
class ManufacturerAdmin(NamedAdmin):
    fields = ["name_en", "name_ar", "country"]

    def save_model(self, request: HttpRequest, obj: Manufacturer, form: Any, change: bool) -> None:
        changes, actor = form.cleaned_data, admin_actor(request)
        self.adopt(
            obj, save_manufacturer(changes=changes, actor=actor, manufacturer_id=obj.pk if change else None)
        )


class HiddenAdmin(ReadOnlyAdmin):
    """There for the pickers of other pages."""

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}


@admin.register(Substance)
class SubstanceAdmin(HiddenAdmin):
    search_fields = ["name", "name_ar"]


@admin.register(ProductUnit)
class ProductUnitAdmin(HiddenAdmin):
    list_display = ["product", "name", "factor"]
    list_select_related = ["product"]
    search_fields = ["product__search_key", "name"]


class PriceAdmin(ServiceAdmin):
    """A price is added, never overwritten."""

    list_select_related = ["unit__product"]
    autocomplete_fields = ["unit"]
    search_fields = ["unit__product__search_key"]
    date_hierarchy = "valid_from"

    @admin.display(description=_("product"), ordering="unit__product__name_en")
    def product(self, row: Any) -> str:
        return str(row.unit.product)

    @admin.display(description=_("price"), ordering="price")
    def shown_price(self, row: Any) -> str:
        return money(row.price)

    @admin.display(description=_("unit"))
    def unit_name(self, row: Any) -> str:
        return str(row.unit.label)


@admin.register(SellingPrice)
class SellingPriceAdmin(PrintsLabels, PriceAdmin):
    list_display = ["product", "unit_name", "shown_price", "tier", "valid_from", "source", "actor_name"]
    list_filter = ["tier", "source"]
    fields = ["unit", "price", "valid_from", "tier", "batch"]
    autocomplete_fields = ["unit", "batch"]
    actions = ["print_labels"]
    action_form = LabelActionForm
    permissions_of = {"add": "inventory.reprice", "change": ""}

    def wishes_of(self, queryset: QuerySet[SellingPrice]) -> Iterable[LabelWish]:
        rows = queryset.values_list("unit_id", "batch_id")
        return [LabelWish(unit, batch_id=batch) for unit, batch in dict.fromkeys(rows)]

    def save_model(self, request: HttpRequest, obj: SellingPrice, form: Any, change: bool) -> None:
        given = form.cleaned_data
        price = PriceData(
            unit_id=given["unit"].pk,
            price=given["price"],
            valid_from=given["valid_from"],
            tier=given["tier"],
            batch_id=given["batch"].pk if given["batch"] else None,
        )
        self.adopt(obj, set_selling_price(price=price, actor=admin_actor(request)))


@admin.register(LegalPrice)
class LegalPriceAdmin(PriceAdmin):
    list_display = ["product", "unit_name", "shown_price", "valid_from", "note"]
    fields = ["unit", "price", "valid_from", "note"]
    permissions_of = {"add": "inventory.add_legalprice", "change": ""}

    def save_model(self, request: HttpRequest, obj: LegalPrice, form: Any, change: bool) -> None:
        given = form.cleaned_data
        (saved,) = set_legal_prices(
            prices=[PriceData(given["unit"].pk, given["price"], given["valid_from"])],
            source=Source("manual", ""),
            note=given["note"],
            actor=admin_actor(request),
        )
        self.adopt(obj, saved)
