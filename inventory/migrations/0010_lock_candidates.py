"""The locks of an issue and what must be read behind them, in one call (`inventory.services.posting`)."""

from django.db import migrations

# Each statement of a volatile function sees what was committed before it began. So the second, which runs when the locks
# are held, reads batch states and this very source as they are now, not as they were before the wait.
#
# Movements of restricted goods get their ids in the order in which they commit, so that a line of the controlled register
# never changes its number: whoever moves such a product waits for its turn, before any row of it.
CREATE = """
CREATE FUNCTION inventory_lock_candidates_v1(
    products bigint[], locations bigint[], batches bigint[], whole_locations bigint[],
    source_kind text, source_id text, source_purpose text
) RETURNS TABLE (
    already_posted boolean, last_date date,
    stock_id bigint, product_id bigint, batch_id bigint, location_id bigint,
    on_hand bigint, reserved bigint, value_amount numeric, expiry_date date, state text
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    locked bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(7170, bucket) FROM (
        SELECT DISTINCT (id % 512)::int AS bucket FROM inventory_product
        WHERE id = ANY(products) AND control_class <> 'otc' ORDER BY 1
    ) AS restricted;
    SELECT array_agg(id) INTO locked FROM (
        SELECT stock.id FROM inventory_stock AS stock
        WHERE stock.product_id = ANY(products) AND stock.location_id = ANY(locations)
          AND (stock.on_hand > 0 OR stock.batch_id = ANY(batches) OR stock.location_id = ANY(whole_locations))
        ORDER BY stock.id FOR NO KEY UPDATE
    ) AS candidate;
    RETURN QUERY
    SELECT EXISTS (
               SELECT 1 FROM inventory_stockmovement AS movement
               WHERE (movement.source_kind, movement.source_id, movement.source_purpose)
                   = (inventory_lock_candidates_v1.source_kind, inventory_lock_candidates_v1.source_id,
                      inventory_lock_candidates_v1.source_purpose)
           ),
           (SELECT movement.business_date FROM inventory_stockmovement AS movement ORDER BY movement.id DESC LIMIT 1),
           stock.id, stock.product_id, stock.batch_id, stock.location_id,
           stock.on_hand::bigint, stock.reserved::bigint, stock.value_amount, batch.expiry_date, batch.state::text
    FROM (SELECT 1) AS one
    LEFT JOIN (inventory_stock AS stock JOIN inventory_batch AS batch ON batch.id = stock.batch_id)
        ON stock.id = ANY(locked)
    ORDER BY stock.id;
END
$$
"""
DROP = """
DROP FUNCTION inventory_lock_candidates_v1(bigint[], bigint[], bigint[], bigint[], text, text, text)
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_never_emptied")]

    operations = [migrations.RunSQL(CREATE, DROP)]
