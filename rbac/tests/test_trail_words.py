"""The trails in words: what was done, to what, in the reader's language."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM, Actor, person
from core.audit import record_audit, record_security
from core.audit_words import action_word, security_word, target_word
from core.models import AuditEvent, SecurityEvent
from rbac.tests.factories import user_with_role
from users.models import User

pytestmark = pytest.mark.django_db
ACTOR = Actor(id=1, name="owner@example.org")


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ("purchases.post_credit_note", "posted"),
        ("inventory.lent_stock", "lent"),
        ("purchases.write_off_receipt", "given up"),
        ("capital.write_manual_entry", "written"),
        ("core.frobnicate_it", "frobnicate it"),
    ],
)
def test_an_action_is_told_by_its_verb(action, word):
    assert action_word(action) == word


def test_targets_and_security_have_names():
    assert target_word("supplier_credit_note") == "Supplier credit note"
    assert target_word("import") == "Import"
    assert security_word("pin_locked") == "PIN locked"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_pages_of_the_trails_show_no_codes(client, language):
    record_audit(
        action="purchases.post_credit_note", actor=ACTOR, target_kind="supplier_credit_note", target_id=1
    )
    record_security(action="signed_in", actor=ACTOR)
    client.force_login(user_with_role("owner", is_staff=True))
    for page, code in (("auditevent", "post_credit_note"), ("securityevent", ">signed_in")):
        answer = client.get(f"/admin/core/{page}/", headers={"Accept-Language": language})
        assert answer.status_code == 200
        table = answer.content.decode().split('id="result_list"')[1]
        assert code not in table.split("</table>")[0]


@pytest.mark.parametrize("page", ["auditevent", "securityevent"])
def test_people_who_share_a_name_are_told_apart_by_their_account(client, page):
    first, second = (user_with_role("cashier", name="Rana") for _one in range(2))
    owner = user_with_role("owner", is_staff=True)
    client.force_login(owner)

    def told(query=""):
        """(name, account) of the rows on the page, newest first; how many statements it took."""
        with CaptureQueriesContext(connection) as asked:
            html = client.get(f"/admin/core/{page}/{query}").content.decode()
        columns = [
            re.findall(f"field-{name}[^>]*>(.*?)</t", html, re.DOTALL) for name in ("actor_name", "account")
        ]
        rows = [tuple(re.sub("<[^>]+>|\\s", "", cell) for cell in row) for row in zip(*columns, strict=True)]
        return [row for row in rows if row[1] != owner.email], len(asked)

    def happen():
        for actor in (person(first), person(second), Actor(id=10**9, name="Gone"), SYSTEM):
            record_audit(action="purchases.post_order", actor=actor, target_kind="order", target_id=1)
            record_security(action="signed_in", actor=actor)

    happen()
    User.objects.filter(pk=second.pk).update(email="moved@example.org")
    told()  # what is read once a process
    rows, statements = told()
    ranas = [("Rana", "moved@example.org"), ("Rana", first.email)]
    assert rows == [("system", "–"), ("Gone", "#1000000000"), *ranas]
    assert (told("?q=rana")[0], told("?q=moved@")[0]) == (ranas, ranas[:1])
    happen()
    assert told() == (rows * 2, statements)
    event = (AuditEvent if page == "auditevent" else SecurityEvent).objects.filter(actor_id=second.pk).first()
    assert "moved@example.org" in client.get(f"/admin/core/{page}/{event.pk}/change/").content.decode()
