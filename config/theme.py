"""The admin's looks: unfold's settings."""

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "Pharmacio",
    "SITE_HEADER": "Pharmacio",
    "SITE_SYMBOL": "local_pharmacy",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("workbench/favicon.svg")}],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda _request: static("workbench/workbench.css")],
    "COLORS": {
        "primary": {
            "50": "240 253 250", "100": "204 251 241", "200": "153 246 228", "300": "94 234 212",
            "400": "45 212 191", "500": "20 184 166", "600": "13 148 136", "700": "15 118 110",
            "800": "17 94 89", "900": "19 78 74", "950": "4 47 46",
        }
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "config.workbench.navigation"},
    "DASHBOARD_CALLBACK": "reports.dashboard.fill",
}  # fmt: skip
