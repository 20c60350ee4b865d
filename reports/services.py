"""Reports own no business table; what they write are alerts on what they read."""

import math
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from files.enums import ImportStatus
from files.selectors import list_imports
from inventory.models import Product
from inventory.selectors import expiring_stock, positions
from notifications.enums import AlertKind, Severity
from notifications.services import sync_alerts
from reports.analysis.expiry import tier_of
from reports.enums import ExpiryTier, Mover
from reports.stock.expiring import expiry_rows
from reports.stock.facts import windows_of
from reports.stock.ranking import mover_rows
from sales.selectors import daily_demand
from users.models import Organization
from users.selectors import get_organization, local_today

__all__ = ["refresh_import_alerts", "refresh_stock_alerts"]

#: A product that sells less often than this is ordered when somebody asks, and raises no alert.
_REGULAR_A_WEEK = 1
_DAYS_A_WEEK = 7
#: A failed import that nobody looked at for so long is no news any more.
_FAILURE_DAYS = 14
_SEVERITIES = {
    ExpiryTier.EXPIRED: Severity.CRITICAL,
    ExpiryTier.CRITICAL: Severity.CRITICAL,
    ExpiryTier.WARNING: Severity.WARNING,
    ExpiryTier.INFO: Severity.INFO,
}


def refresh_stock_alerts() -> None:
    """Raise and resolve the alerts of low, expiring, expired, slow-to-sell and dead stock: exactly what is so today."""
    organization, today = get_organization(), local_today()
    sync_alerts(AlertKind.LOW_STOCK, _low_stock(organization, today))
    near, gone = _expiring(organization, today)
    sync_alerts(AlertKind.EXPIRING, near)
    sync_alerts(AlertKind.EXPIRED, gone)
    sync_alerts(AlertKind.STOCK_AT_RISK, _at_risk(organization))
    sync_alerts(AlertKind.DEAD_STOCK, _dead(organization))


def refresh_import_alerts() -> None:
    """Raise what imports failed of late; each resolves by itself when it is old."""
    recent = timezone.now() - timedelta(days=_FAILURE_DAYS)
    failed = list_imports().filter(status=ImportStatus.FAILED, finished_at__gte=recent)
    current = {
        str(job.pk): {
            "document": job.file.name,
            "reason": (job.error or {}).get("code", ""),
            "link": reverse("admin:files_importjob_change", args=[job.pk]),
        }
        for job in failed.select_related("file")
    }
    sync_alerts(AlertKind.IMPORT_FAILED, current)


def _low_stock(organization: Organization, today: date) -> dict[str, dict[str, Any]]:
    """By product: what may be sold is below the minimum that somebody set, or below a week between orders."""
    products = Product.objects.filter(is_active=True, merged_into__isnull=True).in_bulk()
    demand = daily_demand(list(products), today)
    held = positions(list(products), today)
    low: dict[str, dict[str, Any]] = {}
    for pk, product in products.items():
        rate = float(demand[pk].rate_per_day) if pk in demand else 0.0
        wanted = product.min_stock_qty
        if wanted is None:
            regular = rate * _DAYS_A_WEEK >= _REGULAR_A_WEEK
            wanted = math.ceil(rate * organization.review_days) if regular else 0
        available = held[pk].available if pk in held else 0
        if available < wanted:
            low[str(pk)] = {
                "product": product.name_in("en"),
                "product_ar": product.name_in("ar"),
                "available": available,
                "reorder_level": wanted,
                "severity": Severity.WARNING if available else Severity.CRITICAL,
                "link": reverse("admin:inventory_product_change", args=[pk]),
            }
    return low


def _expiring(
    organization: Organization, today: date
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """(still good, expired) by stock row, within the information window; how near it is, is how grave it is."""
    near: dict[str, dict[str, Any]] = {}
    gone: dict[str, dict[str, Any]] = {}
    for row in expiring_stock(days=organization.expiry_info_days, today=today):
        expiry = row.batch.expiry_date
        if expiry is None:  # the selector asks for dated batches only
            continue
        tier = tier_of(expiry, today, windows_of(organization))
        state = {
            "product": row.product.name_in("en"),
            "product_ar": row.product.name_in("ar"),
            "batch": row.batch.number or "–",
            "quantity": row.on_hand,
            "expiry": expiry.isoformat(),
            "severity": _SEVERITIES[tier],
            "link": reverse("admin:inventory_batch_change", args=[row.batch_id]),
        }
        (gone if expiry < today else near)[str(row.pk)] = state
    return near, gone


def _at_risk(organization: Organization) -> dict[str, dict[str, Any]]:
    """One alert for all that is still good and will not sell before it expires."""
    rows = [row for row in expiry_rows() if row.at_risk > 0 and row.risk.tier is not ExpiryTier.EXPIRED]
    if not rows:
        return {}
    return {
        "stock": {
            "batches": len(rows),
            "amount": str(sum(row.at_risk for row in rows)),
            "currency": organization.currency,
            "severity": Severity.WARNING,
            "link": reverse("admin:reports_expiry"),
        }
    }


def _dead(organization: Organization) -> dict[str, dict[str, Any]]:
    """One alert for all that nobody asks for any more."""
    rows = [row for row in mover_rows() if row.mover is Mover.DEAD]
    if not rows:
        return {}
    return {
        "stock": {
            "products": len(rows),
            "amount": str(sum(row.value for row in rows)),
            "currency": organization.currency,
            "days": organization.dead_stock_days,
            "severity": Severity.INFO,
            "link": reverse("admin:reports_movers"),
        }
    }
