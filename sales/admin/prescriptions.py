"""Prescriptions at the workbench, and what the law asks of each class of goods."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.admin import ServiceAdmin, admin_actor
from sales.admin.rows import OnceInline, each_row
from sales.enums import PrescriptionState
from sales.models import ControlPolicy, Prescription, PrescriptionLine
from sales.selectors.prescriptions import in_states, with_dispensed, with_state
from sales.services import (
    PatientData,
    PrescribedLineData,
    PrescriberData,
    PrescriptionData,
    cancel_prescription,
    create_prescription,
    update_control_policy,
)


class PrescriptionLineInline(OnceInline):
    model = PrescriptionLine
    autocomplete_fields = ["product"]
    hide_title = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        typed = ["product", "quantity", "repeats"]
        return [*typed, "dispensed"] if obj else typed

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["dispensed"] if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[PrescriptionLine]:
        return with_dispensed(super().get_queryset(request).select_related("product"))

    @admin.display(description=_("dispensed"))
    def dispensed(self, line: Any) -> str:
        return f"{line.dispensed_qty} / {line.allowed_qty}"


class PrescriptionForm(forms.ModelForm):
    class Meta:
        model = Prescription
        fields = [
            "patient_name",
            "patient_id_number",
            "patient_phone",
            "patient_birth_year",
            "customer",
            "prescriber_name",
            "prescriber_licence",
            "issued_date",
            "valid_until",
            "reference",
            "image",
            "note",
        ]


class StateFilter(admin.SimpleListFilter):
    """How far they are."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(PrescriptionState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Prescription]) -> QuerySet[Prescription]:
        return in_states(queryset, [self.value()]) if self.value() else queryset


@admin.register(Prescription)
class PrescriptionAdmin(ServiceAdmin):
    form = PrescriptionForm
    list_display = ["shown_number", "state", "issued_date", "patient_name", "prescriber_name", "actor_name"]
    list_filter = [StateFilter, "issued_date"]
    search_fields = ["patient_name", "patient_id_number", "prescriber_name", "reference"]
    autocomplete_fields = ["customer", "image"]
    inlines = [PrescriptionLineInline]
    actions = ["cancel"]
    permissions_of = {"add": "sales.add_prescription", "change": ""}

    def get_fields(self, request: HttpRequest, obj: Prescription | None = None) -> list[str]:
        typed = list(PrescriptionForm.Meta.fields)
        return ["shown_number", "state", *typed, "cancel_reason", "actor_name"] if obj else typed

    def get_readonly_fields(self, request: HttpRequest, obj: Prescription | None = None) -> list[str]:
        return ["shown_number", "state"] if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prescription]:
        return with_state(super().get_queryset(request))

    @admin.display(description=_("number"), ordering="pk")
    def shown_number(self, paper: Prescription) -> str:
        return paper.number

    @admin.display(description=_("status"))
    def state(self, paper: Any) -> str:
        return str(PrescriptionState(paper.state).label)

    def save_model(self, request: HttpRequest, obj: Prescription, form: Any, change: bool) -> None:
        """It is written down with its lines: see ``save_related``."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        lines = []
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            lines += [
                PrescribedLineData(
                    row.cleaned_data["product"].pk,
                    row.cleaned_data["quantity"],
                    repeats=row.cleaned_data["repeats"],
                )
                for row in formset.forms
                if row.has_changed()
            ]
        given = form.cleaned_data
        customer, image = given["customer"], given["image"]
        data = PrescriptionData(
            patient=PatientData(
                given["patient_name"],
                id_number=given["patient_id_number"],
                phone=given["patient_phone"],
                birth_year=given["patient_birth_year"],
                customer_id=customer.pk if customer else None,
            ),
            prescriber=PrescriberData(given["prescriber_name"], given["prescriber_licence"]),
            lines=lines,
            issued_date=given["issued_date"],
            valid_until=given["valid_until"],
            reference=given["reference"],
            image_id=image.pk if image else None,
            note=given["note"],
        )
        self.adopt(form.instance, create_prescription(data=data, actor=admin_actor(request)))

    @admin.action(description=_("Cancel: written down wrongly"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Prescription]) -> None:
        actor, reason = admin_actor(request), _now("Cancelled at the workbench")
        each_row(
            request,
            queryset,
            lambda row: cancel_prescription(prescription_id=row.pk, reason=reason, actor=actor),
        )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.change_prescription"))


@admin.register(ControlPolicy)
class ControlPolicyAdmin(ServiceAdmin):
    list_display = [
        "control_class",
        "needs_prescription",
        "needs_register",
        "max_quantity",
        "valid_days",
        "max_repeats",
    ]
    fields = list_display
    readonly_fields = ["control_class"]
    permissions_of = {"add": "", "change": "sales.change_controlpolicy"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ControlPolicy, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        self.adopt(obj, update_control_policy(policy_id=obj.pk, changes=changes, actor=admin_actor(request)))
