"""Whether a source has posted before is looked up by its index, whatever the statistics say.

As long as they know one source only (an opening stock, an import), each source seems to own every row, and to read the
table from its start seems to be quick: every sale read all movements. An order that only the index gives leaves no choice.
"""

from importlib import import_module

from django.db import migrations

before = import_module("inventory.migrations.0010_lock_candidates").CREATE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
SCANNED = before[before.index("EXISTS (") : before.index("           (SELECT movement.business_date")]
LOOKED_UP = """coalesce((
               SELECT true FROM inventory_stockmovement AS movement
               WHERE (movement.source_kind, movement.source_id, movement.source_purpose)
                   = (inventory_lock_candidates_v1.source_kind, inventory_lock_candidates_v1.source_id,
                      inventory_lock_candidates_v1.source_purpose)
               ORDER BY movement.line, movement.part LIMIT 1
           ), false),
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_status_only_forward")]

    operations = [migrations.RunSQL(before.replace(SCANNED, LOOKED_UP), before)]
