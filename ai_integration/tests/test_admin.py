"""Reading jobs at the workbench: to look at, to send again, to cancel."""

import pytest
from django.test import Client

from ai_integration.tests.factories import OcrJobFactory, ended
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db
JOBS = "/admin/ai_integration/ocrjob/"


@pytest.fixture
def desk():
    def sign_in(role):
        client, user = Client(), user_with_role(role)
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return sign_in


def test_a_job_can_be_looked_at_and_not_changed(desk):
    job = ended("failed", error_code="encrypted")
    auditor = desk("auditor")
    listed = auditor.get(JOBS)
    assert listed.status_code == 200
    assert b"protected by a password" in listed.content
    page = auditor.get(f"{JOBS}{job.pk}/change/")
    assert page.status_code == 200
    assert b"list.pdf" in page.content
    assert b'name="_save"' not in page.content
    assert auditor.post(f"{JOBS}{job.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_costs_the_same_for_any_number(desk, django_assert_max_num_queries):
    OcrJobFactory.create_batch(5)
    owner = desk("owner")
    owner.get(JOBS)
    with django_assert_max_num_queries(20):
        assert owner.get(JOBS).status_code == 200


@pytest.mark.parametrize(
    ("action", "before", "after"), [("send_again", "failed", "queued"), ("cancel", "running", "cancelled")]
)
def test_the_verbs_are_the_services(desk, sent, action, before, after):
    job = ended(before) if before == "failed" else OcrJobFactory(status=before)
    done = ended("succeeded")
    answer = desk("purchaser").post(
        JOBS, {"action": action, "_selected_action": [job.pk, done.pk]}, follow=True
    )
    assert answer.status_code == 200
    job.refresh_from_db()
    done.refresh_from_db()
    assert (job.status, done.status) == (after, "succeeded")
    said = [str(message) for message in answer.context["messages"]]
    assert "1 job was told." in said
    assert len(said) == 2  # and why the other one was left alone


def test_who_may_only_look_is_offered_no_verb(desk, sent):
    job = ended("failed")
    desk("auditor").post(JOBS, {"action": "send_again", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert job.status == "failed"


def test_a_cashier_does_not_see_them(desk):
    assert desk("cashier").get(JOBS).status_code == 403
