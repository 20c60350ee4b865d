"""Stock is the sum of its movements, and what is reserved the sum of open reservations, by construction: their triggers
change it, and nothing else may.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

# One statement for all rows of an insert. It goes by the unique index whatever the statistics say, and however small the
# table was when this connection first moved goods: the plan is kept, and a scan that was quick then reads every row later.
# A movement whose stock row is not there, or belongs to another product, is refused.
MOVES = """
CREATE FUNCTION inventory_move_stock_v1() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    moved bigint;
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
    IF moved <> (
        SELECT count(*) FROM (
            SELECT FROM new_movements GROUP BY batch_id, location_id, product_id
        ) AS cell
    ) THEN
        RAISE EXCEPTION 'a movement names a product, batch and location without a stock row'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'stock_moves';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER stock_moves AFTER INSERT ON inventory_stockmovement
REFERENCING NEW TABLE AS new_movements FOR EACH STATEMENT EXECUTE FUNCTION inventory_move_stock_v1()
"""
PROMISES = """
CREATE FUNCTION inventory_promise_stock_v1() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'open' THEN
        UPDATE inventory_stock SET reserved = reserved - OLD.quantity WHERE id = OLD.stock_id;
    END IF;
    IF NEW.state = 'open' THEN
        UPDATE inventory_stock SET reserved = reserved + NEW.quantity WHERE id = NEW.stock_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER stock_promised AFTER INSERT OR UPDATE OF state, quantity, stock_id ON inventory_reservation
FOR EACH ROW EXECUTE FUNCTION inventory_promise_stock_v1()
"""
DROP_MOVES = """
DROP TRIGGER stock_moves ON inventory_stockmovement;
DROP FUNCTION inventory_move_stock_v1()
"""
DROP_PROMISES = """
DROP TRIGGER stock_promised ON inventory_reservation;
DROP FUNCTION inventory_promise_stock_v1()
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_lock_candidates_by_index")]

    operations = [
        migrations.RunSQL(MOVES, DROP_MOVES),
        migrations.RunSQL(PROMISES, DROP_PROMISES),
        pgtrigger.migrations.AddTrigger(
            model_name='reservation',
            trigger=pgtrigger.compiler.Trigger(name='reservation_no_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='92fac113b3add4864b629e540b6e01406834cf17', operation='DELETE', pgid='pgtrigger_reservation_no_delete_46acb', table='inventory_reservation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reservation',
            trigger=pgtrigger.compiler.Trigger(name='reservation_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from the ledger reservation';", hash='370de7357ab67bf893d9c3c5d0aff12e07276912', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_reservation_no_truncate_07d94', table='inventory_reservation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stock',
            trigger=pgtrigger.compiler.Trigger(name='stock_begins_empty', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (NEW.on_hand = 0 AND NEW.reserved = 0 AND NEW.value_amount = 0))', func="\nRAISE EXCEPTION 'Cannot change what a location holds: it begins empty'\n    USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_begins_empty';\n", hash='6e2230662bccdac495101aaa804d90a06688f4b2', operation='INSERT', pgid='pgtrigger_stock_begins_empty_89b0b', table='inventory_stock', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stock',
            trigger=pgtrigger.compiler.Trigger(name='stock_by_movement', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0 AND OLD.* IS DISTINCT FROM NEW.*)', func="\nRAISE EXCEPTION 'Cannot change what a location holds: its movements and reservations do'\n    USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_by_movement';\n", hash='7371dbb200e3a86ed09f2f48eb8542710636f361', operation='UPDATE', pgid='pgtrigger_stock_by_movement_b5708', table='inventory_stock', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stock',
            trigger=pgtrigger.compiler.Trigger(name='stock_no_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1d235e9d8659b95459cbd7813ff2836438d0d68a', operation='DELETE', pgid='pgtrigger_stock_no_delete_42305', table='inventory_stock', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stock',
            trigger=pgtrigger.compiler.Trigger(name='stock_no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from the ledger stock';", hash='e6d8fa6fc90ba4fecb0d0eaace49561f24b59a74', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_stock_no_truncate_cdbb4', table='inventory_stock', when='BEFORE')),
        ),
    ]
