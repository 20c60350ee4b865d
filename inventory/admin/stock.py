"""What is there: places, stock, batches, reservations, the ledger."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin import (
    DocumentKindFilter,
    ReadOnlyAdmin,
    ServiceAdmin,
    admin_actor,
    document_link,
    tell_error,
)
from core.errors import DomainError, FieldError, InvalidInput
from core.templatetags.workbench import money
from core.workbench import Verbs
from inventory.admin.reasons import ReasonActionForm
from inventory.enums import BatchState
from inventory.models import Batch, Location, Reservation, Stock, StockMovement
from inventory.selectors import batches_numbered
from inventory.services import (
    correct_batch,
    quarantine_batch,
    recall_batch,
    release_batch,
    release_reservation_by_id,
    save_location,
)
from users.selectors import get_organization, local_today


@admin.register(Location)
class LocationAdmin(ServiceAdmin):
    list_display = ["name", "name_ar", "kind", "is_default", "is_active"]
    search_fields = ["name", "name_ar"]
    fields = ["name", "name_ar", "kind", "is_default", "is_active"]

    def save_model(self, request: HttpRequest, obj: Location, form: Any, change: bool) -> None:
        changes, actor = form.cleaned_data, admin_actor(request)
        self.adopt(obj, save_location(changes=changes, actor=actor, location_id=obj.pk if change else None))


class ExpiryFilter(admin.SimpleListFilter):
    """By the pharmacy's own windows."""

    title = _("expiry")
    parameter_name = "expiry"
    expiry_field = "batch__expiry_date"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("expired", _("Expired")),
            ("critical", _("Critical")),
            ("warning", _("Warning")),
            ("info", _("Soon")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:

        value, today = self.value(), local_today()
        if value is None:
            return queryset
        if value == "expired":
            return queryset.filter(**{f"{self.expiry_field}__lt": today})
        days = getattr(get_organization(), f"expiry_{value}_days")
        return queryset.filter(
            **{f"{self.expiry_field}__gte": today, f"{self.expiry_field}__lte": today + timedelta(days=days)}
        )


class BatchExpiryFilter(ExpiryFilter):
    expiry_field = "expiry_date"


@admin.register(Stock)
class StockAdmin(ReadOnlyAdmin):
    list_display = ["product", "batch_number", "expiry", "state", "location", "on_hand", "reserved", "value"]
    list_select_related = ["product", "batch", "location"]
    list_filter = ["location", ExpiryFilter, "batch__state"]
    search_fields = ["product__search_key", "batch__number"]
    ordering = ["product__name_en", "batch__expiry_date", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stock]:
        return super().get_queryset(request).filter(on_hand__gt=0)

    @admin.display(description=_("batch"), ordering="batch__number")
    def batch_number(self, row: Stock) -> str:
        return row.batch.number or "-"

    @admin.display(description=_("expiry"), ordering="batch__expiry_date")
    def expiry(self, row: Stock) -> Any:
        return row.batch.expiry_date

    @admin.display(description=_("state"), ordering="batch__state")
    def state(self, row: Stock) -> Any:
        expired = row.batch.expiry_date is not None and row.batch.expiry_date < local_today()
        return _("Expired") if expired else BatchState(row.batch.state).label

    @admin.display(description=_("value"), ordering="value_amount")
    def value(self, row: Stock) -> str:
        return money(row.value_amount)


@admin.register(Batch)
class BatchAdmin(Verbs, ServiceAdmin):
    list_display = ["product", "number", "expiry_date", "state", "on_hand", "state_reason", "who_got_it"]
    list_select_related = ["product"]
    list_filter = ["state", BatchExpiryFilter]
    search_fields = ["product__search_key", "number"]
    fields = ["product", "number", "expiry_date", "state", "state_reason", "state_changed_at"]
    readonly_fields = ["product", "state", "state_reason", "state_changed_at"]
    actions = ["quarantine", "release", "recall"]
    action_form = ReasonActionForm
    permissions_of = {"add": ""}
    change_form_outer_before_template = "inventory/batch_state.html"
    verbs: ClassVar[dict[str, str]] = {
        "quarantine": "inventory.quarantine_batch",
        "release": "inventory.quarantine_batch",
        "recall": "inventory.recall_batch",
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return super().get_queryset(request).annotate(held=Sum("stock__on_hand"))

    @admin.display(description=_("on hand"), ordering="held")
    def on_hand(self, batch: Batch) -> int:
        return getattr(batch, "held", None) or 0

    @admin.display(description=_("trace"))
    def who_got_it(self, batch: Batch) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("batch-trace-page", args=[batch.pk]), _("Who got it")
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By product, or by the number however it is spelled, across products."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        numbered = batches_numbered(search_term).values("pk") if search_term.strip() else []
        return found | queryset.filter(pk__in=numbered), distinct

    def save_model(self, request: HttpRequest, obj: Batch, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        self.adopt(obj, correct_batch(batch_id=obj.pk, changes=changes, actor=admin_actor(request)))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The batch, and what may be decided about it."""
        told = {"may": self.may(request), "states": BatchState} | (extra_context or {})
        answer: HttpResponse = super().change_view(request, object_id, form_url, told)
        return answer

    def do_quarantine(self, request: HttpRequest, pk: int) -> str:
        quarantine_batch(batch_id=pk, reason=_why(request), actor=admin_actor(request))
        return gettext("Held back: it is not sold until it is released.")

    def do_release(self, request: HttpRequest, pk: int) -> str:
        release_batch(batch_id=pk, reason=_reason(request), actor=admin_actor(request))
        return gettext("Released: it may be sold again.")

    def do_recall(self, request: HttpRequest, pk: int) -> str:
        recall_batch(batch_id=pk, reason=_why(request), actor=admin_actor(request))
        return gettext("Recalled: it is never sold again. The trace names who got it.")

    @admin.action(description=_("Quarantine"), permissions=["quarantine"])
    def quarantine(self, request: HttpRequest, queryset: QuerySet[Batch]) -> None:
        self._decide(request, queryset, quarantine_batch)

    @admin.action(description=_("Release from quarantine"), permissions=["quarantine"])
    def release(self, request: HttpRequest, queryset: QuerySet[Batch]) -> None:
        self._decide(request, queryset, release_batch)

    @admin.action(description=_("Recall for good"), permissions=["recall"])
    def recall(self, request: HttpRequest, queryset: QuerySet[Batch]) -> None:
        self._decide(request, queryset, recall_batch)

    def has_quarantine_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.quarantine_batch"))

    def has_recall_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.recall_batch"))

    def _decide(self, request: HttpRequest, queryset: QuerySet[Batch], verb: Any) -> None:
        reason = _reason(request)
        if not reason and verb is not release_batch:
            messages.error(request, _("Say why, beside the action."))
            return
        for batch in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    verb(batch_id=batch.pk, reason=reason, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:500]


def _why(request: HttpRequest) -> str:
    """The reason, where there must be one. Raises InvalidInput."""
    reason = _reason(request)
    if not reason:
        raise InvalidInput(errors=[FieldError("reason", "required", gettext("Say why."))])
    return reason


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = [
        "business_date", "product", "batch", "location", "kind", "quantity", "value_amount", "document",
        "actor_name",
    ]  # fmt: skip
    list_select_related = ["product", "batch", "location"]
    list_filter = ["kind", "location", "business_date"]
    search_fields = ["product__search_key", "batch__number", "source_id"]
    show_full_result_count = False
    fields = [
        "business_date", "product", "batch", "location", "kind", "quantity", "value_amount", "document",
        "actor_name", "posted_at", "reversal_of", "returned_from",
    ]  # fmt: skip

    @admin.display(description=_("document"), ordering="source_kind")
    def document(self, movement: StockMovement) -> str:
        return document_link(movement.source_kind, movement.source_id)


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["product", "quantity", "state", "document", "created_at", "expires_at"]
    list_select_related = ["product"]
    list_filter = ["state", ("source_kind", DocumentKindFilter)]
    search_fields = ["product__search_key", "source_id"]
    actions = ["release"]

    @admin.display(description=_("document"), ordering="source_kind")
    def document(self, reservation: Reservation) -> str:
        return document_link(reservation.source_kind, reservation.source_id)

    @admin.action(description=_("Give the goods back"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> None:
        with transaction.atomic():
            for reservation in queryset.order_by("pk"):
                release_reservation_by_id(reservation_id=reservation.pk, actor=admin_actor(request))

    def has_release_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.reserve_stock"))
