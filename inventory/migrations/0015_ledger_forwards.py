"""The ledger is written forwards, and takes no sale of goods that may not be sold, nor a promise of them."""

import datetime
from importlib import import_module

from django.db import migrations, models

# All that is asked of an insert is asked in one statement. A till may post yesterday's last sale after another has posted
# today's first; and where the pharmacy is it may be a day later or earlier than here. Goods that are sold, lent or taken by the
# owner have to be good on the day on which they left.
MOVES = """
CREATE FUNCTION inventory_move_stock_v2() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    moved bigint;
    written record;
BEGIN
    UPDATE inventory_stock AS stock
    SET on_hand = stock.on_hand + change.quantity, value_amount = stock.value_amount + change.value_amount
    FROM (
        SELECT batch_id, location_id, product_id, sum(quantity)::bigint AS quantity, sum(value_amount) AS value_amount
        FROM new_movements GROUP BY batch_id, location_id, product_id
    ) AS change
    WHERE stock.batch_id = change.batch_id AND stock.location_id = change.location_id
      AND stock.product_id = change.product_id;
    GET DIAGNOSTICS moved = ROW_COUNT;
    SELECT asked.*, before.business_date AS last_day INTO written
    FROM (
        SELECT count(*) AS cells, min(cell.earliest) AS earliest, max(cell.latest) AS latest,
               bool_or(cell.spoiled) AS spoiled
        FROM (
            SELECT min(movement.business_date) AS earliest, max(movement.business_date) AS latest, bool_or(
                       movement.kind IN ('sale', 'loan_out', 'owner_use') AND movement.quantity < 0
                       AND (batch.state <> 'active'
                            OR batch.expiry_date < coalesce(movement.good_on, movement.business_date))
                   ) AS spoiled
            FROM new_movements AS movement JOIN inventory_batch AS batch ON batch.id = movement.batch_id
            GROUP BY movement.batch_id, movement.location_id, movement.product_id
        ) AS cell
    ) AS asked
    LEFT JOIN LATERAL (
        SELECT business_date FROM inventory_stockmovement
        WHERE id NOT IN (SELECT id FROM new_movements) ORDER BY id DESC LIMIT 1
    ) AS before ON true;
    IF moved <> written.cells THEN
        RAISE EXCEPTION 'a movement names a product, batch and location without a stock row'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'stock_moves';
    END IF;
    IF written.latest > (now() AT TIME ZONE 'UTC')::date + 1
       OR (written.earliest < written.last_day AND written.earliest < (now() AT TIME ZONE 'UTC')::date - 2) THEN
        RAISE EXCEPTION 'movement_not_back_dated: % to %, after one of %',
            written.earliest, written.latest, written.last_day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'movement_not_back_dated';
    END IF;
    IF written.spoiled THEN
        RAISE EXCEPTION 'movement_of_good_stock: expired, recalled and quarantined goods are not sold'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'movement_of_good_stock';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER stock_moves ON inventory_stockmovement;
CREATE TRIGGER stock_moves AFTER INSERT ON inventory_stockmovement
REFERENCING NEW TABLE AS new_movements FOR EACH STATEMENT EXECUTE FUNCTION inventory_move_stock_v2();
DROP FUNCTION inventory_move_stock_v1()
"""
PROMISES = """
CREATE FUNCTION inventory_promise_stock_v2() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'open' THEN
        UPDATE inventory_stock SET reserved = reserved - OLD.quantity WHERE id = OLD.stock_id;
    END IF;
    IF NEW.state = 'open' THEN
        UPDATE inventory_stock SET reserved = reserved + NEW.quantity WHERE id = NEW.stock_id;
    END IF;
    IF NEW.state = 'open' AND (TG_OP = 'INSERT' OR OLD.state <> 'open' OR NEW.quantity > OLD.quantity
                               OR NEW.stock_id <> OLD.stock_id) THEN
        PERFORM FROM inventory_stock AS stock JOIN inventory_batch AS batch ON batch.id = stock.batch_id
        WHERE stock.id = NEW.stock_id AND (batch.state <> 'active' OR batch.expiry_date < (
            now() AT TIME ZONE coalesce((SELECT timezone FROM users_organization ORDER BY id LIMIT 1), 'UTC')
        )::date);
        IF FOUND THEN
            RAISE EXCEPTION 'reservation_of_good_stock: expired, recalled and quarantined goods are not reserved'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'reservation_of_good_stock';
        END IF;
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER stock_promised ON inventory_reservation;
CREATE TRIGGER stock_promised AFTER INSERT OR UPDATE OF state, quantity, stock_id ON inventory_reservation
FOR EACH ROW EXECUTE FUNCTION inventory_promise_stock_v2();
DROP FUNCTION inventory_promise_stock_v1()
"""
DROP_MOVES = """
DROP TRIGGER stock_moves ON inventory_stockmovement;
DROP FUNCTION inventory_move_stock_v2();
"""
DROP_PROMISES = """
DROP TRIGGER stock_promised ON inventory_reservation;
DROP FUNCTION inventory_promise_stock_v2();
"""

before = import_module("inventory.migrations.0013_stock_by_movement")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0014_history_joins_by_key"), ("users", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name='stockmovement',
            name='good_on',
            field=models.DateField(null=True, verbose_name='left on'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('good_on__lt', models.F('business_date')), ('good_on__gte', models.F("business_date") - datetime.timedelta(days=61))), name='movement_good_on'),
        ),
        migrations.RunSQL(MOVES, DROP_MOVES + before.MOVES),
        migrations.RunSQL(PROMISES, DROP_PROMISES + before.PROMISES),
    ]
