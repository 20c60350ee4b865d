import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.actors import SYSTEM
from files.models import ImportJob, StoredFile
from files.services import create_import, preview_import
from files.tests.factories import CSV, PDF, stored
from files.tests.role_importer import RoleImporter
from rbac.models import Role
from rbac.tests.factories import user_with_role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("files.tests.role_importer")]
MIXED = "code,name,approval_limit\nnight,Night,1\nday,Day,lots\n"
ADD = "/admin/files/importjob/add/"


def browser_of(*roles):
    browser = Client()
    browser.user = user_with_role(*roles)
    browser.force_login(browser.user, backend="rbac.backends.RoleBackend")
    return browser


@pytest.fixture
def worker(monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))
    return lambda: django_capture_on_commit_callbacks(execute=True)


def form(data, **extra):
    upload = SimpleUploadedFile("roles.csv", data)
    return {"kind": RoleImporter.kind, "upload": upload, "mode": "all_or_nothing", **extra}


def press(browser, job, button):
    formset = {f"row_errors-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return browser.post(
        f"/admin/files/importjob/{job.pk}/change/", {f"files_importjob_{button}": "", **formset}, follow=True
    )


def test_a_table_is_uploaded_looked_at_and_let_run(worker):
    browser = browser_of("purchaser")
    assert browser.get(ADD).status_code == 200
    with worker():
        answer = browser.post(ADD, form(MIXED.encode()))
    job = ImportJob.objects.get()
    assert answer.url == f"/admin/files/importjob/{job.pk}/change/"
    page = browser.get(answer.url).content.decode()
    assert "This is no limit." in page
    assert "2: code night" in page
    assert "Import all rows" not in page
    press(browser, job, "run_all")
    job.refresh_from_db()
    assert job.status == "previewed"
    assert not Role.objects.filter(code="night").exists()
    with worker():
        press(browser, job, "run_valid")
    assert Role.objects.filter(code="night").exists()
    assert "Done" in browser.get("/admin/files/importjob/").content.decode()


def test_what_is_no_table_is_said_and_not_kept():
    browser = browser_of("purchaser")
    page = browser.post(ADD, form(PDF), follow=True).content.decode()
    assert "This is not a PDF" in page or "CSV or XLSX" in page
    assert not StoredFile.objects.exists()
    assert not ImportJob.objects.exists()


def test_an_import_is_cancelled_by_who_may():
    job = create_import(kind=RoleImporter.kind, file_id=stored(MIXED.encode()).pk, actor=SYSTEM)
    preview_import(job_id=job.pk)
    assert press(browser_of("cashier"), job, "stop").status_code == 403
    press(browser_of("accountant"), job, "stop")
    job.refresh_from_db()
    assert job.status == "previewed"
    press(browser_of("purchaser"), job, "stop")
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_the_accountant_may_not_import_what_is_the_buyers():
    browser = browser_of("accountant")
    page = browser.post(ADD, form(CSV), follow=True)
    assert "You may not import this." in page.content.decode()
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()


def test_documents_are_looked_at():
    kept = stored(PDF, "x.pdf")
    browser = browser_of("auditor")
    assert "x.pdf" in browser.get("/admin/files/storedfile/").content.decode()
    assert "/bytes/?token=" in browser.get(f"/admin/files/storedfile/{kept.pk}/change/").content.decode()
    assert browser.post(f"/admin/files/storedfile/{kept.pk}/delete/", {"post": "yes"}).status_code == 403
    assert StoredFile.objects.exists()
