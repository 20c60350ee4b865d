"""How the API describes itself: drf-spectacular's settings."""

from typing import Any


def describe(version: str) -> dict[str, Any]:
    """SPECTACULAR_SETTINGS of this version."""
    return {
        "TITLE": "Pharmacio",
        "DESCRIPTION": "The backend a pharmacy runs its buying on.",
        "VERSION": version,
        "OAS_VERSION": "3.1.0",
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
        "SERVE_AUTHENTICATION": [],
        "COMPONENT_SPLIT_REQUEST": True,
        "SCHEMA_PATH_PREFIX": r"/api/v1",
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "REDOC_DIST": "SIDECAR",
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
        "ENUM_NAME_OVERRIDES": {  # where two apps call a field alike, or one choice has two field names
            "AlertKindEnum": "notifications.enums.AlertKind",
            "AlertStatusEnum": "notifications.enums.AlertStatus",
            "FileKindEnum": "files.enums.FileKind",
            "IdentifierKindEnum": "inventory.enums.IdentifierKind",
            "ImportModeEnum": "files.enums.ImportMode",
            "ImportStatusEnum": "files.enums.ImportStatus",
            "LanguageEnum": "users.enums.Language",
            "OcrJobKindEnum": "ai_integration.enums.JobKind",
            "OcrJobStatusEnum": "ai_integration.enums.JobStatus",
            "OfferKindEnum": "purchases.enums.OfferKind",
            "OfferStatusEnum": "purchases.enums.OfferStatus",
            "OrderStatusEnum": "purchases.enums.OrderStatus",
            "PostedStatusEnum": "purchases.enums.PaymentStatus",
            "ProposalStatusEnum": "purchases.enums.ProposalStatus",
            "ReceiptStatusEnum": "purchases.enums.ReceiptStatus",
            "SalePaymentMethodEnum": "sales.enums.PaymentMethod",
            "SaleStatusEnum": "sales.enums.SaleStatus",
            "SeverityEnum": "notifications.enums.Severity",
            "ShortageStatusEnum": "sales.enums.ShortageStatus",
            "SpendingPolicyEnum": "users.enums.SpendingPolicy",
            "SupplierPaymentMethodEnum": "purchases.enums.PaymentMethod",
            "UserStatusEnum": "users.enums.UserStatus",
        },
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "core.api.schema.add_problem_component",
            "ai_integration.api.webhooks.add_contract_components",
        ],
        "WEBHOOKS": ["ai_integration.api.webhooks.ocr_job_ended"],
    }
