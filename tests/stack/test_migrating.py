"""core.migrating renders less than Django does, and leaves the same database."""

import secrets
import subprocess
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState

from config.stack.postgres import binaries
from core.migrating import GroupedMigration, LazyApps
from tests.stack.databases import _address, _admin_url, _django_on


def _key(**how):
    return ("id", models.BigAutoField(primary_key=True, **how))


def _shops():
    """A shop, its items, and somebody who has nothing to do with them."""
    item = [_key(), ("shop", models.ForeignKey("trade.shop", models.CASCADE, related_name="items"))]
    friends = [_key(), ("friends", models.ManyToManyField("trade.stranger"))]
    rows = [ModelState("trade", "Shop", [_key()]), ModelState("trade", "Item", item)]
    rows.append(ModelState("trade", "Stranger", friends))
    return {(state.app_label, state.name_lower): state for state in rows}


def test_a_model_is_rendered_with_what_it_points_to_and_nobody_else():
    apps = LazyApps([], _shops())
    assert apps.get_model("trade.Item")._meta.get_field("shop").related_model is apps.get_model(
        "trade", "shop"
    )
    assert apps.waiting == {("trade", "stranger")}
    assert apps.get_model("trade", "stranger_friends")._meta.auto_created is apps.get_model(
        "trade", "Stranger"
    )
    with pytest.raises(LookupError):
        apps.get_model("trade", "Nobody")
    with pytest.raises(LookupError):
        apps.get_model("nowhere", "Nobody")


@pytest.mark.parametrize(
    "look",
    [
        lambda apps: {model.__name__ for model in apps.get_models()},
        lambda apps: {model.__name__ for model in apps.get_app_config("trade").get_models()},
        lambda apps: {model.__name__ for one in apps.get_app_configs() for model in one.get_models()},
    ],
)
def test_whoever_looks_at_all_models_sees_them(look):
    assert look(LazyApps([], _shops())) == {"Shop", "Item", "Stranger"}


def test_who_points_here_is_known_without_having_been_asked_for():
    shop = LazyApps([], _shops()).get_model("trade", "Shop")
    assert [relation.name for relation in shop._meta.related_objects] == ["items"]


def test_each_operation_sees_the_tables_as_they_are_then(db):
    """New tables, parts of them, and Python between, which reads both ways and meets the old state and the new."""
    seen = []

    def look(apps, editor):
        shop = apps.get_model("trade", "Shop").objects.create(name="Nada")
        apps.get_model("trade", "Item").objects.create(shop=shop, price=5)
        seen.append([(item.price, item.shop.name) for item in shop.items.all()])
        with pytest.raises(TypeError):
            apps.get_model("trade", "Item")(colour="red")

    def look_again(apps, editor):
        seen.append(
            list(apps.get_model("trade", "Shop").objects.values_list("items__colour", "items__price"))
        )

    item = [_key(), ("shop", models.ForeignKey("trade.shop", models.CASCADE, related_name="items"))]
    price = models.CheckConstraint(condition=models.Q(price__gt=0), name="trade_price_positive")
    operations = [
        migrations.CreateModel("Shop", [_key()]),
        migrations.CreateModel("Item", item),
        migrations.AddField("Shop", "name", models.CharField(max_length=9)),
        migrations.AddField("Item", "price", models.IntegerField()),
        migrations.AddConstraint("Item", price),
        migrations.RunPython(look),
        migrations.AddField("Item", "colour", models.CharField(max_length=9, default="grey")),
        migrations.RemoveConstraint("Item", "trade_price_positive"),
        migrations.AlterField("Item", "price", models.DecimalField(max_digits=9, decimal_places=2)),
        migrations.RunPython(look_again),
        migrations.DeleteModel("Item"),
    ]
    migration = type("Migration", (GroupedMigration,), {"operations": operations})("0001", "trade")
    with connection.constraint_checks_disabled(), connection.schema_editor(atomic=False) as editor:
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
        state = migration.apply(ProjectState(), editor)
    assert seen == [[(5, "Nada")], [("grey", 5)]]
    assert set(state.models) == {("trade", "shop")}
    tables = connection.introspection.table_names()
    assert ("trade_shop" in tables, "trade_item" in tables) == (True, False)


@contextmanager
def _migrated():
    """The schema that migrating an empty database leaves."""
    name = f"from_nothing_{secrets.token_hex(4)}"
    with psycopg.connect(_admin_url(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            with _django_on(NAME=name):
                call_command("migrate", verbosity=0)
                url = _address(connection.settings_dict)
            command = [binaries() / "pg_dump", "--schema-only", "--restrict-key=same", url]
            yield subprocess.run(command, check=True, capture_output=True, text=True).stdout
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.soak
def test_the_schema_is_the_one_that_djangos_own_way_makes(django_db_blocker, monkeypatch):
    """Tables, triggers, functions, comments: each line of it."""
    with django_db_blocker.unblock():
        with _migrated() as ours:
            pass
        monkeypatch.setattr(GroupedMigration, "apply", migrations.Migration.apply)
        with _migrated() as djangos:
            pass
    assert "CREATE TRIGGER" in ours
    assert ours == djangos
