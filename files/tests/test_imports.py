import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from core.actors import SYSTEM
from core.models import AuditEvent
from files.enums import ImportMode, ImportStatus
from files.errors import ImportNotReady
from files.models import ImportJob, StoredFile
from files.services import cancel_import, create_import, preview_import, run_import, start_run
from files.tasks import resume_lost_imports
from files.tests.factories import PDF, stored, xlsx
from files.tests.role_importer import RoleImporter
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused

pytestmark = [pytest.mark.django_db, pytest.mark.urls("files.tests.role_importer")]
URL = "/api/v1/role-imports/"
GOOD = "Code,Name\nnight,Night shift\nday,Day shift\nweekend,Weekend\n"
MIXED = "الرمز;الاسم;الحد\nnight;Night;١٠٫٥\nday;Day;lots\nnight;Again;1\n"


@pytest.fixture(autouse=True)
def storage_folder(tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }


@pytest.fixture
def worker(monkeypatch, django_capture_on_commit_callbacks):
    """Tasks run when the block ends, as a worker would."""
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))
    return lambda: django_capture_on_commit_callbacks(execute=True)


def upload(client, text, **extra):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(URL, {"file": SimpleUploadedFile("x.csv", data), **extra}, format="multipart")


def house_roles():
    return sorted(Role.objects.filter(is_builtin=False).values_list("code", flat=True))


def test_a_table_is_checked_then_run(worker):
    client = client_for("purchaser")
    with worker():
        made = upload(client, GOOD)
    assert made.status_code == 202
    assert made.data["status"] == "uploaded"
    checked = client.get(made["Location"])
    assert checked.data["status"] == "previewed"
    assert [checked.data[name] for name in ("rows_total", "create_count", "update_count", "error_count")] == [
        3,
        3,
        0,
        0,
    ]
    assert checked.data["samples"]["create"][0] == {"row": 2, "values": {"code": "night", "limit": "0"}}
    assert checked.data["columns"] == {"code": "Code", "name": "Name"}
    assert house_roles() == []
    with worker():
        assert client.post(f"{made['Location']}run/", {}, format="json").status_code == 202
    done = client.get(made["Location"]).data
    assert (done["status"], done["progress"]) == ("done", {"done": 3, "total": 3})
    assert house_roles() == ["day", "night", "weekend"]
    assert AuditEvent.objects.get(action="files.run_import").actor_id == client.user.pk
    again = client.post(f"{made['Location']}run/", {}, format="json")
    assert (again.status_code, again.data["code"]) == (409, "import_not_ready")


def test_the_same_table_again_changes_nothing(worker):
    client = client_for("purchaser")
    with worker():
        upload(client, GOOD, run="true")
    with worker():
        second = upload(client, xlsx(["Code", "Name"], ["night", "Night shift"], ["day", "Days"]), run="true")
    job = client.get(second["Location"]).data
    assert [job[name] for name in ("status", "create_count", "update_count", "unchanged_count")] == [
        "done",
        0,
        1,
        1,
    ]
    assert job["samples"]["update"] == [{"row": 3, "values": {"name": {"from": "Day shift", "to": "Days"}}}]
    assert Role.objects.get(code="day").name == "Days"


def test_rows_with_errors_stop_all_or_only_themselves(worker):
    client = client_for("purchaser")
    with worker():
        made = upload(client, MIXED, run="true")
    job = client.get(made["Location"]).data
    assert (job["status"], job["error_count"]) == ("previewed", 2)
    errors = client.get(f"{made['Location']}errors/").data["results"]
    assert [(row["row"], row["column"], row["code"]) for row in errors] == [
        (3, "approval_limit", "invalid"),
        (4, "code", "duplicate"),
    ]
    assert client.post(f"{made['Location']}run/", {}, format="json").status_code == 409
    assert house_roles() == []
    with worker():
        client.post(f"{made['Location']}run/", {"mode": "valid_rows"}, format="json")
    assert client.get(made["Location"]).data["status"] == "done"
    assert house_roles() == ["night"]
    assert str(Role.objects.get(code="night").approval_limit) == "10.5000"


def test_the_world_may_change_between_check_and_run(worker):
    client = client_for("purchaser")
    with worker():
        made = upload(client, GOOD)
    Role.objects.create(code="night", name="Night shift")
    with worker():
        client.post(f"{made['Location']}run/", {}, format="json")
    job = client.get(made["Location"]).data
    assert (job["status"], job["create_count"], job["unchanged_count"]) == ("done", 2, 1)


def test_a_fact_raised_in_a_late_chunk_undoes_the_early_ones(worker):
    client = client_for("purchaser")
    with worker():
        made = upload(client, GOOD + "forbidden,X\n", run="true")
    job = client.get(made["Location"]).data
    assert (job["status"], job["error"]["code"]) == ("failed", "too_many")
    assert house_roles() == []


def test_a_conflict_in_the_database_is_a_failed_import(worker, monkeypatch):
    monkeypatch.setattr(
        RoleImporter,
        "before_chunk",
        staticmethod(lambda _items: Role.objects.create(code="day", name="first")),
    )
    client = client_for("purchaser")
    with worker():
        made = upload(client, GOOD, run="true")
    job = client.get(made["Location"]).data
    assert (job["status"], job["error"]["code"]) == ("failed", "conflict")
    assert house_roles() == []


@pytest.mark.parametrize(
    ("text", "code"),
    [("Name,Price\nx,1\n", "columns_missing"), (xlsx(), "table_unreadable")],
)
def test_a_table_that_is_none_of_ours_fails_with_its_reason(text, code, worker):
    client = client_for("purchaser")
    with worker():
        made = upload(client, text)
    job = client.get(made["Location"]).data
    assert (job["status"], job["error"]["code"]) == ("failed", code)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"file_id": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"file_id": "x"}, 400),
        ({"mode": "some"}, 400),
        ({"options": {"color": "red"}}, 400),
        ({"options": "[]"}, 400),
        ({"more": 1}, 400),
    ],
)
def test_bad_requests_make_no_job(body, status):
    client = client_for("purchaser")
    if body and "file_id" not in body:
        body = {"file_id": str(stored(GOOD.encode()).pk), **body}
    assert client.post(URL, body, format="json").status_code == status
    assert not ImportJob.objects.exists()


def test_a_picture_is_no_table_and_is_not_kept():
    assert upload(client_for("purchaser"), PDF).status_code == 415
    assert not StoredFile.objects.exists()


def test_options_come_as_an_object_or_in_the_form(worker):
    client = client_for("purchaser")
    with worker():
        upload(client, GOOD, run="true", options='{"prefix": "a-"}')
        file_id = str(stored(GOOD.encode()).pk)
        client.post(URL, {"file_id": file_id, "run": True, "options": {"prefix": "b-"}}, format="json")
    assert house_roles() == ["a-day", "a-night", "a-weekend", "b-day", "b-night", "b-weekend"]


def test_cancelling_before_the_run_ends_it(worker):
    client = client_for("purchaser")
    with worker():
        made = upload(client, GOOD)
    assert client.post(f"{made['Location']}cancel/").data["status"] == "cancelled"
    assert client.post(f"{made['Location']}cancel/").status_code == 409
    assert client.post(f"{made['Location']}run/", {}, format="json").status_code == 409
    run_import(job_id=made.data["id"])
    assert house_roles() == []


def test_working_twice_does_it_once():
    job = create_import(
        kind="test-roles", file_id=stored(GOOD.encode()).pk, actor=SYSTEM, run_when_checked=True
    )
    preview_import(job_id=job.pk)
    preview_import(job_id=job.pk)
    run_import(job_id=job.pk)
    run_import(job_id=job.pk)
    assert house_roles() == ["day", "night", "weekend"]
    with pytest.raises(ImportNotReady):
        start_run(job_id=job.pk, actor=SYSTEM)
    with pytest.raises(ImportNotReady):
        cancel_import(job_id=job.pk, actor=SYSTEM)


def test_a_lost_job_is_sent_again(monkeypatch):
    sent = []
    monkeypatch.setattr("files.tasks.work_on_import.delay", sent.append)
    lost = create_import(kind="test-roles", file_id=stored(GOOD.encode()).pk, actor=SYSTEM)
    ImportJob.objects.update(heartbeat_at=None)
    create_import(kind="test-roles", file_id=lost.file_id, actor=SYSTEM)
    ended = create_import(kind="test-roles", file_id=lost.file_id, actor=SYSTEM)
    ImportJob.objects.filter(pk=ended.pk).update(heartbeat_at=None, status=ImportStatus.DONE)
    resume_lost_imports()
    assert sent == [lost.pk]


def test_who_may(worker):
    job = create_import(kind="test-roles", file_id=stored(GOOD.encode()).pk, actor=SYSTEM)
    allowed = ["owner", "pharmacist", "purchaser"]
    roles_refused("post", URL, {}, allowed=allowed)
    roles_refused("post", f"{URL}{job.pk}/run/", {}, allowed=allowed)
    roles_refused("post", f"{URL}{job.pk}/cancel/", {}, allowed=allowed)
    for url in (URL, f"{URL}{job.pk}/", f"{URL}{job.pk}/errors/", f"{URL}template/"):
        assert client_for("auditor").get(url).status_code == 200
        assert client_for().get(url).status_code == 403
    job.refresh_from_db()
    assert job.status == ImportStatus.UPLOADED


def test_the_template_has_the_columns():
    text = client_for("purchaser").get(f"{URL}template/").content.decode("utf-8-sig")
    assert text.splitlines() == ["code,name,approval_limit", "night,Night shift,"]


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_and_three(count, django_assert_num_queries):
    client = client_for("purchaser")
    client.user.get_all_permissions()
    for number in range(count):
        file = stored(f"{GOOD}n{number},x\n".encode())
        create_import(kind="test-roles", file_id=file.pk, actor=SYSTEM)
    with django_assert_num_queries(2):
        assert client.get(URL).data["count"] == count


def test_the_run_costs_the_same_for_few_rows_and_many(django_assert_max_num_queries):
    def queries(rows):
        text = "code,name\n" + "".join(f"r{rows}-{number},x\n" for number in range(rows))
        job = create_import(
            kind="test-roles", file_id=stored(text.encode()).pk, actor=SYSTEM, run_when_checked=True
        )
        preview_import(job_id=job.pk)
        before = len(connection.queries_log)
        connection.force_debug_cursor = True
        run_import(job_id=job.pk)
        connection.force_debug_cursor = False
        return len(connection.queries_log) - before

    RoleImporter.chunk_size = 1000
    try:
        assert queries(5) == queries(400)
    finally:
        RoleImporter.chunk_size = 2


def test_modes_are_stored():
    job = create_import(
        kind="test-roles", file_id=stored(GOOD.encode()).pk, actor=SYSTEM, mode=ImportMode.VALID_ROWS
    )
    assert ImportJob.objects.get(pk=job.pk).mode == "valid_rows"
