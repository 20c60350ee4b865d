"""An importer to test the framework with: roles of the house."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from core.errors import DomainError, FieldError, InvalidInput
from core.text import parse_decimal
from files.api.imports import import_viewset
from files.imports import Column, Importer, Plan, PlanItem, RowError, register_importer
from rbac.models import Role


class TooMany(DomainError):
    code = "too_many"


@register_importer
class RoleImporter(Importer):
    kind = "test-roles"
    label = "Roles"
    permission = "inventory.import_products"
    columns = (
        Column("code", "Code", ("الرمز",), required=True, example="night"),
        Column("name", "Name", ("title", "الاسم"), required=True, example="Night shift"),
        Column("approval_limit", "Limit", ("الحد",)),
    )
    chunk_size = 2
    before_chunk = staticmethod(lambda _items: None)

    def clean_options(self, given):
        if set(given) - {"prefix"}:
            raise InvalidInput(errors=[FieldError("options", "unknown_field", "unknown")])
        return dict(given)

    def plan(self, rows, *, options):
        plan, seen = Plan(), set()
        known = {role.code: role for role in Role.objects.all()}
        for row in rows:
            code = options.get("prefix", "") + row["code"]
            limit = parse_decimal(row["approval_limit"] or "0")
            if code in seen:
                plan.errors.append(
                    RowError(row.number, "code", "duplicate", "This code is in the table twice.")
                )
            elif limit is None or limit < 0:
                plan.errors.append(RowError(row.number, "approval_limit", "invalid", "This is no limit."))
            elif code not in known:
                data = {"code": code, "name": row["name"], "approval_limit": limit}
                plan.items.append(PlanItem(row.number, "create", data, {"code": code, "limit": limit}))
            elif known[code].name != row["name"]:
                change = {"name": {"from": known[code].name, "to": row["name"]}}
                plan.items.append(PlanItem(row.number, "update", (known[code], row["name"]), change))
            else:
                plan.unchanged += 1
            seen.add(code)
        return plan

    def apply(self, items, *, actor, job_id, options):
        type(self).before_chunk(items)
        Role.objects.bulk_create([Role(**item.data) for item in items if item.action == "create"])
        for item in items:
            if item.action == "update":
                role, role.name = item.data[0], item.data[1]
                role.save()
        if Role.objects.filter(code="forbidden").exists():
            raise TooMany


router = SimpleRouter()
router.register("role-imports", import_viewset(RoleImporter), basename="role-import")
urlpatterns = [path("api/v1/", include(router.urls)), path("", include("config.urls"))]
