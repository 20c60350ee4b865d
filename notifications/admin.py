"""Alerts at the workbench."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, admin_actor, tell_error
from core.errors import DomainError
from notifications.enums import AlertStatus, Severity
from notifications.models import Alert
from notifications.services import resolve_alert_by_hand


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """What asks for attention. Most alerts resolve by themselves."""

    list_display = ["shown_severity", "shown_text", "kind", "status", "raised_at", "go_there"]
    list_display_links = ["shown_text"]
    list_filter = ["status", "severity", "kind"]
    search_fields = ["key"]
    actions = ["settle"]
    ordering = ["status", "-pk"]
    fields = [
        "text",
        "kind",
        "severity",
        "status",
        "raised_at",
        "resolved_at",
        "resolved_by_name",
        "go_there",
    ]
    readonly_fields = fields

    @display(
        description=_("severity"),
        label={
            Severity.CRITICAL.label: "danger",
            Severity.WARNING.label: "warning",
            Severity.INFO.label: "info",
        },
    )
    def shown_severity(self, alert: Alert) -> Any:
        return Severity(alert.severity).label

    @display(description=_("what"))
    def shown_text(self, alert: Alert) -> str:
        return alert.text

    @display(description=_("where"))
    def go_there(self, alert: Alert) -> str:
        return (
            format_html('<a href="{}">{}</a>', alert.link, pgettext("go there", "Open"))
            if alert.link.startswith("/")
            else "–"
        )

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.resolve_alert")

    @admin.action(description=_("Settled"), permissions=["settle"])
    def settle(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """The next check may raise it anew."""
        try:
            for alert in queryset.filter(status=AlertStatus.OPEN):
                resolve_alert_by_hand(alert_id=alert.pk, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)
