"""The trails in words: what was done, to what, in the reader's language."""

import pytest

from core.actors import Actor
from core.audit import record_audit, record_security
from core.audit_words import action_word, security_word, target_word
from rbac.tests.factories import user_with_role

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
