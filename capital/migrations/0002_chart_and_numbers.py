"""The chart of accounts that a pharmacy starts with, and the counter of journal numbers."""

from django.db import migrations

from capital.chart import CHART


def seed(apps, schema_editor):
    account = apps.get_model("capital", "Account")
    account.objects.bulk_create(
        account(
            code=row.code,
            type=row.type.value,
            role=row.role.value,
            name=row.name,
            name_ar=row.name_ar,
            is_default=row.is_default,
        )
        for row in CHART
    )


class Migration(migrations.Migration):
    dependencies = [("capital", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE capital_journal_number", "DROP SEQUENCE capital_journal_number"),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
