"""The counter of sale numbers: a sequence, so that no sale waits for the commit of another."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE sales_sale_number_seq", "DROP SEQUENCE sales_sale_number_seq"),
    ]
