"""kill -9 in the middle of an import, and what can be seen of one from outside."""

import pytest

from core.actors import SYSTEM
from files.models import ImportJob
from files.services import cancel_import, create_import, preview_import
from files.tests.factories import stored
from files.tests.role_importer import RoleImporter
from rbac.models import Role
from tests.stack.processes import wait_until

TABLE = "code,name\n" + "".join(f"r{number},Role {number}\n" for number in range(9))
assert RoleImporter.chunk_size == 2


@pytest.fixture
def job(processes):
    made = create_import(
        kind="test-roles", file_id=stored(TABLE.encode()).pk, actor=SYSTEM, run_when_checked=True
    )
    preview_import(job_id=made.pk)
    made.refresh_from_db()
    assert made.status == "running"
    return made


def begin(processes, job, tmp_path, seconds):
    marker = tmp_path / "chunk"
    arguments = ["-m", "files.tests.work_on_import", str(job.pk), str(marker)]
    worker = processes.start("import", arguments, CHUNK_SECONDS=seconds)
    wait_until(lambda: marker.exists() and marker.read_text() == "2", worker)
    return worker


def test_a_killed_import_leaves_nothing_and_is_done_again(processes, job, tmp_path):
    worker = begin(processes, job, tmp_path, "60")
    seen = ImportJob.objects.get(pk=job.pk)
    assert seen.progress == {"done": 2, "total": 9}, "progress shows before the commit: work was in flight"
    assert not Role.objects.filter(code="r0").exists()
    worker.kill()
    assert not Role.objects.filter(code="r0").exists()
    processes.run(["-m", "files.tests.work_on_import", str(job.pk), str(tmp_path / "again")])
    assert Role.objects.filter(is_builtin=False).count() == 9
    assert ImportJob.objects.get(pk=job.pk).status == "done"


def test_a_second_worker_leaves_a_running_import_alone(processes, job, tmp_path):
    first = begin(processes, job, tmp_path, "0.5")
    processes.run(["-m", "files.tests.work_on_import", str(job.pk), str(tmp_path / "second")])
    assert not (tmp_path / "second").exists()
    assert first.process.wait(timeout=60) == 0, first.log()
    assert Role.objects.filter(is_builtin=False).count() == 9


def test_cancelling_a_running_import_undoes_it_whole(processes, job, tmp_path):
    worker = begin(processes, job, tmp_path, "1")
    cancel_import(job_id=job.pk, actor=SYSTEM)
    assert worker.process.wait(timeout=60) == 0, worker.log()
    assert ImportJob.objects.get(pk=job.pk).status == "cancelled"
    assert not Role.objects.filter(code="r0").exists()
