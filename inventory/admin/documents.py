"""Adjustments and transfers: a form to post, a page of what it moved."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from core.admin import ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError
from core.workbench import PageAdmin
from inventory.admin.reasons import ReasonActionForm
from inventory.enums import AdjustmentReason, DocumentStatus
from inventory.models import (
    StockAdjustment,
    StockAdjustmentLine,
    StockMovement,
    StockTransfer,
    StockTransferLine,
)
from inventory.services import (
    AdjustLine,
    TransferLine,
    adjust_stock,
    approve_adjustment,
    reject_adjustment,
    reverse_adjustment,
    reverse_transfer,
    transfer_stock,
)
from users.selectors import get_organization


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:500]


class LineInline(TabularInline):
    extra = 3
    autocomplete_fields = ["product", "batch"]
    verbose_name = _("line")
    verbose_name_plural = _(
        "lines (quantities in base units; without a batch the first to expire leaves first)"
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class AdjustmentLineInline(LineInline):
    model = StockAdjustmentLine
    fields = ["product", "location", "batch", "quantity"]


class TransferLineInline(LineInline):
    model = StockTransferLine
    fields = ["product", "batch", "quantity", "batch_reason"]


class PostedDocumentAdmin(PageAdmin, ServiceAdmin):
    """Posted as a whole when it is saved; nothing of it is edited afterwards."""

    search_fields = ["number", "note"]
    date_hierarchy = "business_date"
    page_template = "inventory/document.html"
    source_kind: ClassVar[str]
    post_permission: ClassVar[str]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(self.post_permission))

    def page_context(self, request: HttpRequest, instance: Any) -> dict[str, Any]:
        """What it moved, batch by batch, its reversal included; before it posts, what was asked for."""
        moved = StockMovement.objects.filter(source_kind=self.source_kind, source_id=str(instance.pk))
        moved = moved.select_related("product", "batch", "location").order_by("pk")
        return {
            "heading": self.heading(instance),
            "moved": moved,
            "asked": [] if moved else instance.lines.select_related("product", "batch"),
            "currency": get_organization().currency,
            "is_awaiting": instance.status == DocumentStatus.AWAITING,
        }

    def heading(self, instance: Any) -> str:
        """What the document is, in a few words."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The document needs its lines: see ``save_related``."""

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        lines = []
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            lines += [row.cleaned_data for row in formset.forms if row.has_changed()]
        self.adopt(form.instance, self.post(request, form.cleaned_data, lines))

    def post(self, request: HttpRequest, given: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        """Call the verb; returns the document it made."""
        raise NotImplementedError


@admin.register(StockAdjustment)
class StockAdjustmentAdmin(PostedDocumentAdmin):
    list_display = [
        "number", "business_date", "reason", "value_amount", "status", "note", "actor_name", "decided_by_name",
    ]  # fmt: skip
    list_filter = ["reason", "status"]
    fields = ["reason", "note"]
    inlines = [AdjustmentLineInline]
    actions = ["approve", "reject", "take_back"]
    action_form = ReasonActionForm
    source_kind = "stock_adjustment"
    post_permission = "inventory.adjust_stock"
    verbs: ClassVar[dict[str, str]] = {
        "approve": "inventory.approve_adjustment",
        "reject": "inventory.approve_adjustment",
        "take_back": "inventory.adjust_stock",
    }

    def heading(self, instance: StockAdjustment) -> str:
        return instance.get_reason_display()

    def do_approve(self, request: HttpRequest, pk: int) -> str:
        made = approve_adjustment(adjustment_id=pk, actor=admin_actor(request))
        return gettext("%s was approved and posted.") % made.number

    def do_reject(self, request: HttpRequest, pk: int) -> str:
        made = reject_adjustment(adjustment_id=pk, reason=_reason(request), actor=admin_actor(request))
        return gettext("%s was rejected.") % made.number

    def do_take_back(self, request: HttpRequest, pk: int) -> str:
        made = reverse_adjustment(adjustment_id=pk, reason=_reason(request), actor=admin_actor(request))
        return gettext("%s was taken back.") % made.number

    def post(
        self, request: HttpRequest, given: dict[str, Any], lines: list[dict[str, Any]]
    ) -> StockAdjustment:
        return adjust_stock(
            reason=AdjustmentReason(given["reason"]),
            note=given["note"],
            lines=[
                AdjustLine(
                    product_id=row["product"].pk,
                    location_id=row["location"].pk,
                    quantity=row["quantity"],
                    batch_id=row["batch"].pk if row["batch"] else None,
                )
                for row in lines
            ],
            actor=admin_actor(request),
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        if obj.status == DocumentStatus.AWAITING:
            messages.warning(request, _("This is above your limit: somebody else has to approve it."))
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description=_("Approve"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[StockAdjustment]) -> None:
        self._decide(request, queryset, approve_adjustment, "note", _("%s was approved and posted."))

    @admin.action(description=_("Reject"), permissions=["approve"])
    def reject(self, request: HttpRequest, queryset: QuerySet[StockAdjustment]) -> None:
        if not _reason(request):
            messages.error(request, _("Say why, beside the action."))
            return
        self._decide(request, queryset, reject_adjustment, "reason", _("%s was rejected."))

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.approve_adjustment"))

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[StockAdjustment], verb: Any, word: str, done: Any
    ) -> None:
        said = {word: _reason(request)}
        for row in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    verb(adjustment_id=row.pk, actor=admin_actor(request), **said)
            except DomainError as error:
                tell_error(request, error)
            else:
                messages.success(request, done % row.number)

    @admin.action(description=_("Take back"), permissions=["reverse"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[StockAdjustment]) -> None:
        for row in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    reverse_adjustment(adjustment_id=row.pk, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                messages.success(request, _("%s was taken back.") % row.number)

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.adjust_stock"))


@admin.register(StockTransfer)
class StockTransferAdmin(PostedDocumentAdmin):
    list_display = ["number", "business_date", "from_location", "to_location", "status", "note", "actor_name"]
    list_select_related = ["from_location", "to_location"]
    list_filter = ["from_location", "to_location"]
    fields = ["from_location", "to_location", "note"]
    inlines = [TransferLineInline]
    actions = ["take_back"]
    source_kind = "stock_transfer"
    post_permission = "inventory.transfer_stock"
    verbs: ClassVar[dict[str, str]] = {"take_back": "inventory.transfer_stock"}

    def heading(self, instance: StockTransfer) -> str:
        places = {"from": instance.from_location, "to": instance.to_location}
        return gettext("From %(from)s to %(to)s") % places

    def do_take_back(self, request: HttpRequest, pk: int) -> str:
        made = reverse_transfer(transfer_id=pk, reason=_reason(request), actor=admin_actor(request))
        return gettext("%s was taken back.") % made.number

    @admin.action(description=_("Take back"), permissions=["reverse"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[StockTransfer]) -> None:
        for row in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    reverse_transfer(transfer_id=row.pk, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                messages.success(request, _("%s was taken back.") % row.number)

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.transfer_stock"))

    def post(self, request: HttpRequest, given: dict[str, Any], lines: list[dict[str, Any]]) -> StockTransfer:
        return transfer_stock(
            from_location_id=given["from_location"].pk,
            to_location_id=given["to_location"].pk,
            note=given["note"],
            lines=[
                TransferLine(
                    product_id=row["product"].pk,
                    quantity=row["quantity"],
                    batch_id=row["batch"].pk if row["batch"] else None,
                    batch_reason=row["batch_reason"],
                )
                for row in lines
            ],
            actor=admin_actor(request),
        )
