"""Two at once, on real connections: one of them acts, the other finds it done."""

import pytest
from django.db import IntegrityError

from ai_integration import services
from ai_integration.errors import JobNotCancellable, JobNotFound, JobNotRetryable
from ai_integration.models import OcrJob, OcrResult
from ai_integration.services import Received
from ai_integration.tests.factories import OcrJobFactory, ended, result_for, stored_pdf
from core.actors import SYSTEM
from core.sources import Source

pytestmark = pytest.mark.django_db


def callbacks(job, count):
    body = result_for(job)
    return [lambda i=i: services.receive_result(body=body, webhook_id=f"msg_{i}") for i in range(count)]


def test_of_five_results_one_ends_the_job(committed_db, endings):
    job = OcrJobFactory()
    answers = committed_db.race(*callbacks(job, 5))
    assert sorted(answer.duplicate for answer in answers) == [False, True, True, True, True]
    assert len(endings) == OcrResult.objects.count() == 1


def test_without_the_lock_several_would(committed_db, endings, monkeypatch):
    """What the lock is for: two end the job, and only the unique result of a run stops the second one."""

    def unlocked(job_id):
        found = OcrJob.objects.filter(pk=job_id).first()
        if found is None:
            raise JobNotFound
        return found

    monkeypatch.setattr("ai_integration.services.results.lock_job", unlocked)
    for _ in range(20):
        job = OcrJobFactory()
        answers = committed_db.race(*callbacks(job, 5))
        if any(isinstance(answer, IntegrityError) for answer in answers):
            return
    pytest.fail("no race was seen in twenty rounds")


def test_a_result_and_a_cancellation_end_the_job_once(committed_db, endings, sent):
    for _ in range(5):
        job = OcrJobFactory()
        endings.clear()
        result, cancelled = committed_db.race(
            *callbacks(job, 1), lambda job=job: services.cancel_job(job_id=job.pk, actor=SYSTEM)
        )
        job.refresh_from_db()
        assert len(endings) == 1
        assert isinstance(result, Received)
        if job.status == "cancelled":
            assert result.duplicate
        else:
            assert isinstance(cancelled, JobNotCancellable)
        job.callbacks.all().delete()


def test_two_retries_are_one_run(committed_db, sent):
    job = ended("failed")
    answers = committed_db.race(*[lambda: services.retry_job(job_id=job.pk, actor=SYSTEM)] * 4)
    assert sum(isinstance(answer, JobNotRetryable) for answer in answers) == 3
    job.refresh_from_db()
    assert (job.run, job.status) == (2, "queued")


def test_four_submissions_for_one_source_are_one_job(committed_db, sent):
    file = stored_pdf()

    def submit():
        return services.submit_job(
            kind="offer", file_ids=[file.pk], source=Source("offer", "1"), actor=SYSTEM
        )

    answers = committed_db.race(*[submit] * 4)
    assert len({answer.pk for answer in answers}) == OcrJob.objects.count() == 1
