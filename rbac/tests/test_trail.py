"""The sealed chain: every edit of the trail is found and named, a superuser's too."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.audit import record_audit, record_security
from core.models import AuditEvent, AuditHead, AuditSeal, SecurityEvent
from core.sealing import HEADS, seal_events, write_head
from rbac.selectors import check_trail

pytestmark = pytest.mark.django_db
SARA = Actor(id=5, name="sara@example.org")


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def happen(count=3):
    for number in range(count):
        record_audit(
            action="purchases.approve_proposal",
            actor=SARA,
            target_kind="proposal",
            target_id=number,
            summary="طلبية",
            data={"amount": "10.50", "lines": [1, 2.5, None]},
        )
    record_security(action="signed_in", actor=SARA, ip_address="192.0.2.7", data={})


def as_superuser(*statements):
    """What somebody with the database's root password can do: no trigger fires."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_each_event_gets_the_next_position_and_is_whole():
    happen()
    assert seal_events() == 4
    assert list(AuditSeal.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4]
    assert seal_events() == 0
    happen()
    assert seal_events() == 4
    verdict = check_trail()
    assert (verdict.is_ok, verdict.seals) == (True, 8)


ATTACKS = {
    "event_edited": ["UPDATE core_auditevent SET summary = 'forged' WHERE target_id = '1'"],
    "event_deleted": ["DELETE FROM core_auditevent WHERE target_id = '1'"],
    "seal_deleted": ["DELETE FROM core_auditseal WHERE position = 2"],
    "chain_broken": [
        "UPDATE core_auditseal SET position = 99 WHERE position = 2",
        "UPDATE core_auditseal SET position = 2 WHERE position = 3",
        "UPDATE core_auditseal SET position = 3 WHERE position = 99",
    ],
}


@pytest.mark.parametrize("code", ATTACKS)
def test_a_sealed_row_changed_as_superuser_is_found_and_named(code):
    happen()
    seal_events()
    second = AuditSeal.objects.get(position=2).event_id
    as_superuser(*ATTACKS[code])
    wrong = check_trail().wrong
    assert (wrong.code, wrong.position) == (code, 2)
    if code.startswith("event"):
        assert (wrong.trail, wrong.event_id) == ("audit", second)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'x'", "actor_id = 6", "actor_name = 'x'", "actor_kind = 'x'", "request_id = 'x'", "target_kind = 'x'",
        "target_id = 'x'", "occurred_at = occurred_at + interval '1 microsecond'", "data = '{\"amount\": \"10.51\"}'",
    ],
)  # fmt: skip
def test_no_field_of_an_event_can_be_changed_unseen(change):
    happen(1)
    seal_events()
    as_superuser(f"UPDATE core_auditevent SET {change}")  # noqa: S608
    assert check_trail().wrong.code == "event_edited"


def test_the_security_trail_is_in_the_chain():
    happen(1)
    seal_events()
    as_superuser("UPDATE core_securityevent SET ip_address = '198.51.100.1'")
    assert (check_trail().wrong.code, check_trail().wrong.trail) == ("event_edited", "security")
    as_superuser("UPDATE core_securityevent SET ip_address = '192.0.2.7'")
    assert check_trail().is_ok


def test_a_forged_seal_needs_the_key(settings):
    """Sealing anew whatever was edited, with a key of one's own, is found."""
    happen()
    seal_events()
    genuine = list(settings.AUDIT_KEYS)
    as_superuser(
        "UPDATE core_auditevent SET summary = 'forged' WHERE target_id = '2'",
        "DELETE FROM core_auditseal WHERE position >= 3",
    )
    settings.AUDIT_KEYS = [genuine[0].partition(":")[0] + ":guessed"]
    seal_events()
    settings.AUDIT_KEYS = genuine
    assert (check_trail().wrong.code, check_trail().wrong.position) == ("event_edited", 3)
    settings.AUDIT_KEYS = ["other:key"]
    assert (check_trail().wrong.code, check_trail().wrong.position) == ("key_unknown", 1)


def test_a_new_key_seals_and_the_old_one_still_verifies(settings):
    happen()
    seal_events()
    settings.AUDIT_KEYS = ["second:brand-new", *settings.AUDIT_KEYS]
    happen()
    seal_events()
    assert len(set(AuditSeal.objects.values_list("key_id", flat=True))) == 2
    assert check_trail().is_ok


def test_a_truncated_tail_is_found_by_the_head_in_file_storage():
    happen()
    seal_events()
    head = write_head()
    assert head.position == 4
    assert check_trail().heads == 1
    tail = AuditSeal.objects.get(position=4)
    as_superuser(
        "DELETE FROM core_auditseal WHERE position >= 3",
        "DELETE FROM core_auditevent WHERE target_id = '2'",
        f"DELETE FROM core_securityevent WHERE id = {tail.event_id}",  # noqa: S608
    )
    assert (check_trail().wrong.code, check_trail().wrong.position) == ("chain_truncated", 4)
    happen(2)
    seal_events()
    assert (check_trail().wrong.code, check_trail().wrong.position) == ("chain_replaced", 4)


def test_a_trail_emptied_whole_is_found():
    happen()
    seal_events()
    write_head()
    as_superuser(
        "DELETE FROM core_auditseal", "DELETE FROM core_auditevent", "DELETE FROM core_securityevent"
    )
    assert check_trail().wrong.code == "chain_truncated"


def test_a_head_is_written_once_a_day_and_follows_the_one_before():
    assert write_head() is None
    happen()
    seal_events()
    today = timezone.now().date()
    first = write_head(today - timedelta(days=1))
    assert write_head(today - timedelta(days=1)) is None
    second = write_head(today)
    content = json.loads(Path(default_storage.path(second.name)).read_text())
    assert (content["position"], content["previous"]) == (4, first.name)
    assert check_trail().is_ok


@pytest.mark.parametrize(
    "change", [{"position": 2}, {"mac": "0" * 64}, {"date": "2030-01-01"}, {"signature": ""}, {"key": "x"}]
)
def test_a_forged_head_is_found(change):
    happen()
    seal_events()
    path = Path(default_storage.path(write_head().name))
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert check_trail().wrong.code == "head_forged"


def test_a_head_that_is_no_json_is_found():
    happen()
    seal_events()
    Path(default_storage.path(write_head().name)).write_text("[]")
    assert check_trail().wrong.code == "head_forged"


def test_a_head_taken_away_is_found():
    happen()
    seal_events()
    default_storage.delete(write_head().name)
    assert check_trail().wrong.code == "head_missing"
    assert AuditHead.objects.count() == 1
    assert default_storage.listdir(HEADS)[1] == []


def test_an_event_that_was_never_sealed_is_found():
    happen(1)
    assert check_trail().is_ok  # the sealer has its minutes
    as_superuser("UPDATE core_auditevent SET occurred_at = occurred_at - interval '11 minutes'")
    assert check_trail().wrong.code == "event_unsealed"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE core_auditseal SET mac = previous_mac",
        "DELETE FROM core_auditseal",
        "TRUNCATE core_auditseal",
        "INSERT INTO core_auditseal SELECT 9, trail, -1, key_id, mac, mac, now() FROM core_auditseal WHERE position = 4",
        "INSERT INTO core_auditseal SELECT 5, trail, -1, key_id, previous_mac, mac, now() FROM core_auditseal WHERE position = 4",
        "INSERT INTO core_auditseal SELECT 5, trail, event_id, key_id, mac, mac, now() FROM core_auditseal WHERE position = 4",
        "UPDATE core_audithead SET position = 1",
        "DELETE FROM core_audithead",
        "TRUNCATE core_audithead",
    ],
)
def test_the_chain_refuses_raw_sql(attack):
    happen()
    seal_events()
    write_head()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert check_trail().is_ok


def test_the_command_says_so_and_exits_with_one():
    happen()
    seal_events()
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "4 seals" in out.getvalue()
    as_superuser("UPDATE core_auditevent SET summary = 'forged' WHERE target_id = '0'")
    with pytest.raises(CommandError, match="event_edited at position 1, audit event") as caught:
        call_command("verify_audit")
    assert caught.value.returncode == 1


def test_a_long_trail_is_sealed_in_chunks(django_assert_max_num_queries):
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(action="a", actor_name="x", actor_kind="system", target_kind="t", target_id=n)
            for n in range(4500)
        ]
    )
    with django_assert_max_num_queries(60):
        assert seal_events() == 4500
    assert check_trail().seals == 4500


def test_sealing_waits_for_nobody_and_writes_nothing_twice(committed_db):
    """Four sealers at once over events that committed: each is sealed once, without a gap."""
    happen(40)
    results = committed_db.race(*[seal_events] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(results) + seal_events() == 41
    assert AuditSeal.objects.count() == 41
    assert check_trail().is_ok


def test_an_event_of_an_open_transaction_is_sealed_when_it_commits(committed_db):
    with committed_db.connect() as other:
        other.autocommit = False
        other.execute(
            "INSERT INTO core_auditevent (action, actor_name, actor_kind, occurred_at, request_id, data, target_kind,"
            " target_id, summary) VALUES ('slow', 'x', 'user', now(), '', '{}', 't', '1', '')"
        )
        record_audit(action="quick", actor=SYSTEM, target_kind="t", target_id=2)
        assert seal_events() == 1
        other.commit()
    assert seal_events() == 1
    slow = AuditEvent.objects.get(action="slow")
    quick = AuditEvent.objects.get(action="quick")
    assert slow.pk < quick.pk
    assert AuditSeal.objects.get(event_id=slow.pk).position == 2
    assert check_trail().is_ok
    assert SecurityEvent.objects.count() == 0
