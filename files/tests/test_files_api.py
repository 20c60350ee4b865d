import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from core.actors import SYSTEM
from core.models import AuditEvent
from files.enums import TABLES
from files.errors import StoredFileNotFound, TableUnreadable, UnsupportedFileType
from files.models import StoredFile
from files.selectors import read_table
from files.services import open_file, store_file, temporary_link
from files.tasks import forget_orphan_bytes
from files.tests.factories import CSV, PDF, image, stored, xlsx
from rbac.tests.factories import client_for, roles_refused

FILES = "/api/v1/files/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage_folder(tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


def bytes_kept(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def upload(client, data, name="list.pdf"):
    return client.post(FILES, {"file": SimpleUploadedFile(name, data)}, format="multipart")


@pytest.mark.parametrize(
    ("data", "kind"), [(PDF, "pdf"), (image("PNG"), "png"), (CSV, "csv"), (xlsx(["a", "b"], [1, 2]), "xlsx")]
)
def test_an_upload_is_known_by_its_bytes(data, kind, storage_folder):
    client = client_for("purchaser")
    response = upload(client, data, "إعلان ../../x.exe")
    assert response.status_code == 201, response.content
    assert (response.data["kind"], response.data["duplicate"]) == (kind, False)
    assert response.data["name"] == "x.exe"
    assert response.data["size_bytes"] == len(data)
    assert [path.read_bytes() for path in bytes_kept(storage_folder)] == [data]
    with open_file(response.data["id"]) as stream:
        assert stream.read() == data
    assert AuditEvent.objects.filter(action="files.store_file").count() == 1
    detail = client.get(f"{FILES}{response.data['id']}/")
    assert detail.data["sha256"] == response.data["sha256"]


def test_the_same_bytes_are_the_same_file(storage_folder):
    first = upload(client_for("purchaser"), PDF)
    again = upload(client_for("pharmacist"), PDF, "another.pdf")
    assert again.status_code == 200
    assert again.data == {**first.data, "duplicate": True}
    assert len(bytes_kept(storage_folder)) == StoredFile.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (b"", "empty.pdf", 400, "file_empty"),
        (b"MZ\x90\x00 not a pdf", "fake.pdf", 415, "unsupported_file_type"),
        (b"plain words", "words.csv", 415, "unsupported_file_type"),
        (PDF + b"x" * 5000, "big.pdf", 413, "file_too_large"),
    ],
)
def test_what_is_refused_stores_nothing(data, name, status, code, settings, storage_folder):
    settings.MAX_UPLOAD_BYTES = 5000
    response = upload(client_for("purchaser"), data, name)
    assert (response.status_code, response.data["code"]) == (status, code)
    assert not StoredFile.objects.exists()
    assert bytes_kept(storage_folder) == []


def test_a_body_that_announces_too_much_is_not_read(settings, storage_folder):
    settings.MAX_UPLOAD_BYTES = 10
    client = client_for("purchaser")
    response = upload(client, PDF + b"x" * 2_000_000)
    assert response.status_code == 413
    assert bytes_kept(storage_folder) == []


@pytest.mark.parametrize("body", [{}, {"file": "text"}, {"file": "x", "more": "y"}])
def test_a_form_without_a_file_is_a_400(body):
    assert client_for("purchaser").post(FILES, body, format="multipart").status_code == 400
    assert client_for("purchaser").post(FILES, body, format="json").status_code == 415


def test_nothing_is_kept_when_the_row_cannot_be(monkeypatch, storage_folder):
    def fail(**_kwargs):
        raise RuntimeError("no row")

    monkeypatch.setattr(StoredFile.objects, "create", fail)
    with pytest.raises(RuntimeError):
        store_file(upload=ContentFile(PDF, name="x.pdf"), actor=SYSTEM)
    assert bytes_kept(storage_folder) == []


def test_what_a_crash_left_is_replaced(storage_folder):
    digest = hashlib.sha256(PDF).hexdigest()
    default_storage.save(f"documents/{digest[:2]}/{digest}.pdf", ContentFile(b"half"))
    kept = stored(PDF)
    with open_file(kept.pk) as stream:
        assert stream.read() == PDF
    assert len(bytes_kept(storage_folder)) == 1


def test_bytes_without_a_row_are_swept_once_they_are_old(storage_folder):
    kept = stored(PDF)
    forget_orphan_bytes()
    default_storage.save("documents/ab/orphan.pdf", ContentFile(b"left behind"))
    forget_orphan_bytes()
    assert len(bytes_kept(storage_folder)) == 2, "it may belong to a transaction that is open still"
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        forget_orphan_bytes()
    assert [path.read_bytes() for path in bytes_kept(storage_folder)] == [PDF]
    assert default_storage.exists(kept.storage_name)


def test_a_link_gives_the_bytes_without_a_session_for_a_while():
    client = client_for("purchaser")
    made = upload(client, PDF, "قائمة.pdf").data
    link = client.get(f"{FILES}{made['id']}/content/").data
    assert link["expires_in"] == 300
    path = link["url"].split("://")[1].split("/", 1)[1]
    answer = APIClient().get(f"/{path}")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("inline")
    with time_machine.travel("2100-01-01"):
        assert APIClient().get(f"/{path}").status_code == 403
    assert APIClient().get(f"/{path[:-3]}").status_code == 403
    assert APIClient().get(f"{FILES}{made['id']}/bytes/").status_code == 403
    other = stored(CSV)
    token = path.split("token=")[1]
    assert APIClient().get(f"{FILES}{other.pk}/bytes/?token={token}").status_code == 403


def test_a_link_to_nothing_is_a_404():
    client = client_for("purchaser")
    nobody = "00000000-0000-4000-8000-000000000000"
    assert client.get(f"{FILES}{nobody}/content/").status_code == 404
    assert client.get(f"{FILES}{nobody}/").status_code == 404
    path = temporary_link(nobody).split("://")[1].split("/", 1)[1]
    assert APIClient().get(f"/{path}").status_code == 404
    with pytest.raises(StoredFileNotFound):
        open_file(nobody)


def test_who_may():
    roles_refused("post", FILES, {}, allowed=["owner", "pharmacist", "purchaser", "accountant"])
    assert client_for("auditor").get(FILES).status_code == 200
    file_id = stored(PDF).pk
    roles_refused(
        "get",
        f"{FILES}{file_id}/content/",
        allowed=["owner", "pharmacist", "purchaser", "cashier", "accountant"],
    )
    assert APIClient().get(FILES).status_code == 401
    assert client_for().get(FILES).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(count, django_assert_num_queries):
    client = client_for("purchaser")
    client.user.get_all_permissions()
    for number in range(count):
        stored(CSV + f"x{number},1\n".encode())
    with django_assert_num_queries(2):
        assert len(client.get(f"{FILES}?kind=csv").data["results"]) == count


def test_only_the_kinds_asked_for():
    with pytest.raises(UnsupportedFileType):
        store_file(upload=ContentFile(PDF, name="x.csv"), actor=SYSTEM, kinds=TABLES)
    with pytest.raises(TableUnreadable):
        read_table(stored(PDF).pk)
    assert read_table(stored(CSV).pk).header == ["name", "price"]


def test_the_same_bytes_eight_times_at_once_are_one_file(committed_db, storage_folder):
    answers = committed_db.race(*[lambda: stored(PDF).duplicate] * 8)
    assert sorted(answers) == [False, *[True] * 7]
    assert len(bytes_kept(storage_folder)) == StoredFile.objects.count() == 1
