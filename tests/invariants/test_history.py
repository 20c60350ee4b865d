"""The database keeps the history of a row, however it is written, and says who wrote it."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from rest_framework.test import APIClient

from capital.models import Party, TaxClass
from core.actors import SYSTEM, Actor
from core.history import event_models, track_history, written_by
from inventory.models import Location, Product
from inventory.tests.factories import ProductFactory
from rbac.models import Role
from rbac.tests.factories import client_for, user_with_role
from users.models import ApiKey, User
from users.services import make_api_key
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SARA = Actor(id=5, name="sara@example.org")


def past(model, **filters):
    """(label, who) of each event, oldest first."""
    events = apps.get_model(model._meta.app_label, f"{model.__name__}Event")
    return [
        (event.pgh_label, (event.pgh_context or {}).get("actor_name"))
        for event in events.objects.filter(**filters).order_by("pgh_id")
    ]


def sql(statement, params=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_insert_update_and_delete_each_leave_an_event_with_its_writer():
    with written_by(SARA):
        party = Party.objects.create(name="A")
        party.name = "B"
        party.save()
    pk = party.pk
    party.delete()
    assert past(Party, id=pk) == [("insert", SARA.name), ("update", SARA.name), ("delete", SYSTEM.name)]
    events = apps.get_model("capital", "PartyEvent").objects.filter(id=pk).order_by("pgh_id")
    assert list(events.values_list("name", flat=True)) == ["A", "B", "B"]


def test_bulk_writes_are_seen_row_by_row():
    with written_by(SARA):
        parties = Party.objects.bulk_create([Party(name=name) for name in "ABC"])
        Party.objects.filter(pk__in=[row.pk for row in parties]).update(name="all")
        Party.objects.bulk_update([Party(pk=parties[0].pk, name="one")], ["name"])
    labels = [label for label, who in past(Party, id__in=[row.pk for row in parties]) if who == SARA.name]
    assert labels == ["insert"] * 3 + ["update"] * 4


def test_after_a_change_of_one_row_a_change_of_many_compares_no_row_with_each_other_one():
    """The plan that a connection keeps is the one for its first change."""
    parties = Party.objects.bulk_create([Party(name=name) for name in "ABC"])
    plans = []
    connection.connection.add_notice_handler(lambda notice: plans.append(notice.message_primary))
    sql(
        "LOAD 'auto_explain'; SET LOCAL client_min_messages = notice; SET LOCAL auto_explain.log_level = notice"
    )
    sql("SET LOCAL auto_explain.log_nested_statements = on; SET LOCAL auto_explain.log_min_duration = 0")
    Party.objects.filter(pk=parties[0].pk).update(name="one")
    plans.clear()
    Party.objects.update(name="all")
    (plan,) = [plan for plan in plans if "Insert on capital_partyevent" in plan]
    assert "Full Join" in plan


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE capital_party SET name = 'raw'",
        'update only "capital_party" set name = %s || name',
        "WITH found AS (SELECT 1) UPDATE capital_party SET name = 'raw 100%%' WHERE name LIKE %s",
        "DELETE FROM capital_party WHERE name LIKE 'A%'",
    ],
)
def test_raw_sql_is_seen_and_named(statement):
    party = Party.objects.create(name="A")
    with written_by(SARA):
        sql(statement, ["A"] if "%s" in statement else None)
    assert past(Party, id=party.pk)[-1][1] == SARA.name
    assert len(past(Party, id=party.pk)) == 2


def test_many_parameter_sets_at_once_are_named():
    with written_by(SARA), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO capital_party (name, created_at, updated_at) VALUES (%s, now(), now())",
            [["A"], ["B"]],
        )
    assert past(Party)[-2:] == [("insert", SARA.name)] * 2


def test_what_comes_past_django_is_seen_and_has_no_name():
    party = Party.objects.create(name="A")
    sql("SELECT set_config('pghistory.context_metadata', '', true)")
    connection.connection.execute("UPDATE capital_party SET name = 'psql'")
    assert past(Party, id=party.pk)[-1] == ("update", None)


def test_the_answer_of_a_prefixed_statement_is_its_own():
    with written_by(Actor(id=1, name='it\'s 100% \\ "me" سارة')), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capital_party (name, created_at, updated_at) VALUES (%s, now(), now()) RETURNING name",
            ["A"],
        )
        assert cursor.fetchall() == [("A",)]
        cursor.execute("UPDATE capital_party SET name = 'B'")
        assert cursor.rowcount == 1
    assert past(Party)[-1] == ("update", 'it\'s 100% \\ "me" سارة')


def test_a_change_that_changes_nothing_leaves_no_event():
    party = Party.objects.create(name="A")
    party.save()
    assert past(Party, id=party.pk) == [("insert", SYSTEM.name)]


def test_a_change_rolled_back_leaves_no_event():
    party = Party.objects.create(name="A")
    with transaction.atomic():
        Party.objects.update(name="B")
        transaction.set_rollback(True)
    assert len(past(Party, id=party.pk)) == 1


def test_a_request_writes_as_its_user():
    client = client_for("owner")
    answer = client.post("/api/v1/locations/", {"name": "Cellar", "kind": "store"}, format="json")
    assert answer.status_code == 201, answer.content
    event = apps.get_model("inventory", "LocationEvent").objects.get(id=answer.json()["id"])
    assert event.pgh_context["actor_id"] == client.user.pk
    assert event.pgh_context["actor_name"] == client.user.name
    assert event.pgh_context["actor_kind"] == "user"
    assert event.pgh_context["request_id"] == answer["X-Request-ID"]


def test_an_api_key_writes_under_its_own_name():
    user = user_with_role("owner")
    key, secret = make_api_key(name="till 2", user_id=user.pk, actor=SARA)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    answer = client.post("/api/v1/locations/", {"name": "Cellar", "kind": "store"}, format="json")
    assert answer.status_code == 201, answer.content
    event = apps.get_model("inventory", "LocationEvent").objects.get(id=answer.json()["id"])
    assert event.pgh_context["actor_kind"] == "api_key"
    assert event.pgh_context["actor_name"] == str(key)


def test_the_workbench_writes_as_who_is_signed_in(client):
    user = user_with_role("owner", is_superuser=True)
    client.force_login(user)
    page = "/admin/inventory/location/add/"
    client.post(page, {"name": "Cellar", "name_ar": "", "kind": "store"})
    location = Location.objects.get(name="Cellar")
    assert past(Location, id=location.pk)[0] == ("insert", user.name)


@pytest.mark.parametrize("attack", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_no_history_can_be_rewritten(attack):
    """Each history table: one row in it, then raw SQL against it."""
    Party.objects.create(name="A")
    UserFactory()
    ProductFactory()
    assert len(event_models()) > 25
    for model in event_models():
        has_rows = model.objects.exists()
        if not has_rows and "TRUNCATE" not in attack:
            names = {trigger.name for trigger in model._meta.triggers}
            assert any(name.endswith("_no_change") for name in names), model
            continue
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            sql(attack.format(model._meta.db_table))
        assert model.objects.exists() == has_rows


def test_no_secret_lands_in_the_history():
    secrets = {
        (model.__name__, field.name)
        for model in event_models()
        for field in model._meta.fields
        if any(word in field.name for word in ("password", "secret", "hash", "token", "nonce", "jti", "pin"))
        and not any(word in field.name for word in ("shipping", "opinion"))
    }
    assert secrets == set()
    assert not hasattr(apps.get_model("users", "UserEvent"), "password")
    user = UserFactory()
    user.set_password("another long passphrase")
    user.save()
    assert past(User, id=user.pk) == [("insert", SYSTEM.name)]
    assert {field.name for field in ApiKey.pgh_event_model._meta.fields}.isdisjoint(
        {"key_hash", "last_used_at"}
    )


def test_permissions_given_to_a_role_are_in_its_history():
    user_with_role("owner")
    role = Role.objects.create(code="night", name="Night")
    permission = Role.objects.get(code="auditor").permissions.first()
    with written_by(SARA):
        role.permissions.add(permission)
        role.permissions.remove(permission)
    events = apps.get_model("rbac", "RolePermissionEvent").objects.filter(role_id=role.pk).order_by("pgh_id")
    assert [(event.pgh_label, event.permission_id) for event in events] == [
        ("insert", permission.pk),
        ("delete", permission.pk),
    ]


def test_everything_that_matters_keeps_its_history_and_no_ledger_does():
    tracked = {model.pgh_tracked_model._meta.label for model in event_models()}
    assert {
        "users.User", "users.Organization", "users.ApiKey", "rbac.Role", "rbac.RoleAssignment",
        "capital.Account", "capital.Party", "capital.Period", "capital.TaxClass", "capital.ExchangeRate",
        "inventory.Product", "inventory.ProductUnit", "inventory.ProductIdentifier", "inventory.SellingPrice",
        "inventory.Location", "inventory.Batch", "sales.Customer", "purchases.Supplier", "purchases.SupplierAlias",
        "purchases.Offer", "purchases.Proposal", "purchases.ProposalLine", "purchases.PurchaseOrder",
        "purchases.PurchaseOrderLine", "purchases.GoodsReceipt", "purchases.SupplierPayment",
    } <= tracked  # fmt: skip
    assert tracked.isdisjoint({
        "inventory.Stock", "inventory.StockMovement", "inventory.Reservation", "capital.JournalEntry",
        "capital.JournalLine", "capital.DailyTotal", "capital.Commitment", "purchases.OfferLine",
        "files.ImportRowError", "core.AuditEvent",
    })  # fmt: skip


def test_a_field_that_is_not_there_cannot_be_left_out():
    with pytest.raises(ValueError, match="no fields"):
        track_history(exclude=["colour"])(TaxClass)


def test_a_product_merged_away_is_in_the_history():
    kept, gone = ProductFactory(), ProductFactory()
    Product.objects.filter(pk=gone.pk).update(merged_into=kept, is_active=False)
    event = Product.pgh_event_model.objects.filter(id=gone.pk).latest("pgh_id")
    assert (event.merged_into_id, event.is_active) == (kept.pk, False)
