"""Whatever the file does, the answer is a code of the contract, in time, and the caller lives on."""

import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
import pytest

from ocr_engine.reading import ReadingError, limits, read_document
from ocr_engine.reading.process import _environment
from ocr_engine.reading.tests import hostile

PDF = "application/pdf"
NAMES = ["Paracetamol 500 mg tab", "Ibuprofen 200 mg tab", "Amoxicillin 250 mg cap"]


@pytest.fixture
def pdf(tmp_path):
    return tmp_path / "hostile.pdf"


def code_of(path, **options):
    """The code it ends with; `read` where it is read after all. Fails where it takes longer than allowed."""
    started = time.monotonic()
    try:
        read_document(str(path), mime=PDF, **options)
    except ReadingError as error:
        return error.code if error.message else "no message"
    finally:
        assert time.monotonic() - started < limits.wall_seconds() + 10
    return "read"


def names_read(path):
    return [line["fields"]["name"]["value"] for line in read_document(str(path), mime=PDF).lines]


def test_an_honest_file_is_read(pdf):
    pdf.write_bytes(hostile.one_page(hostile.table_content()))

    assert names_read(pdf) == NAMES


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_file(pdf, share):
    whole = hostile.one_page(hostile.table_content())
    pdf.write_bytes(whole[: int(len(whole) * share)])

    assert code_of(pdf) in {"malformed", "no_table_found", "engine_unavailable", "read"}


@pytest.mark.parametrize("head", [b"", b"%PDF-1.7\n"])
def test_random_bytes(pdf, head):
    pdf.write_bytes(head + random.Random(7).randbytes(50_000))

    assert code_of(pdf) == ("malformed" if head else "unsupported_type")


def test_an_empty_file(pdf):
    pdf.write_bytes(b"")

    assert code_of(pdf) == "unsupported_type"


def test_an_encrypted_file(pdf):
    hostile.encrypted(pdf)

    assert code_of(pdf) == "encrypted"


def test_ten_thousand_pages(pdf):
    hostile.many_pages(pdf, 10_000)

    assert code_of(pdf) == "too_many_pages"


def test_a_page_count_that_lies(pdf):
    pdf.write_bytes(hostile.one_page(hostile.table_content()).replace(b"/Count 1>>", b"/Count 9>>"))

    assert code_of(pdf) in {"read", "malformed"}


def test_a_decompression_bomb(pdf):
    pdf.write_bytes(hostile.bomb(1_500_000_000))
    assert pdf.stat().st_size < 20_000_000

    assert code_of(pdf) in {"resource_limit", "too_large", "timeout", "malformed"}


@pytest.mark.parametrize("depth", [500, 20_000])
def test_a_deep_page_tree(pdf, depth):
    pdf.write_bytes(hostile.deep_page_tree(depth))

    assert code_of(pdf) in {"malformed", "engine_unavailable", "resource_limit"}


def test_a_page_tree_that_bites_its_tail(pdf):
    pdf.write_bytes(hostile.page_tree_loop())

    assert code_of(pdf) == "malformed"


def test_a_form_that_draws_itself(pdf):
    pdf.write_bytes(hostile.form_loop())

    assert code_of(pdf) in {"read", "malformed", "resource_limit"}


def test_a_tower_of_forms(pdf):
    pdf.write_bytes(hostile.form_tower(40))

    assert code_of(pdf) in {"read", "malformed", "resource_limit", "timeout", "too_large"}


def test_a_huge_image_is_not_drawn(pdf):
    pdf.write_bytes(hostile.huge_image())

    assert names_read(pdf) == NAMES


@pytest.mark.parametrize(
    "box",
    [b"[0 0 0 0]", b"[0 0 1e30 1e30]", b"[nan nan nan nan]", b"[0 0 -5 -5]", b"[]", b"[0 0 595]", b"null"],
)
def test_pages_of_impossible_sizes(pdf, box):
    pdf.write_bytes(hostile.one_page(hostile.table_content(), box=box))

    assert code_of(pdf) in {"read", "engine_unavailable", "no_table_found", "malformed"}


@pytest.mark.parametrize(
    "matrix",
    [b"nan nan nan nan nan nan", b"1e38 0 0 1e38 1e38 1e38", b"0 0 0 0 0 0", b"1 0 0 1 99999999999 0"],
)
def test_text_under_impossible_matrices(pdf, matrix):
    extra = b"q " + matrix + b" cm BT /F1 10 Tf " + matrix + b" Tm (evil 99.99) Tj ET Q"
    pdf.write_bytes(hostile.one_page(hostile.table_content(extra)))

    assert names_read(pdf) == NAMES


def test_deep_nesting(pdf):
    pdf.write_bytes(hostile.deep_array(200_000))

    assert code_of(pdf) in {"malformed", "resource_limit"}


def test_scripts_and_attachments_are_ignored(pdf):
    hostile.with_script_and_attachment(pdf)

    assert names_read(pdf) == NAMES


def test_a_page_of_more_text_than_a_page_can_show(pdf):
    line = b"BT /F1 1 Tf 1 0 0 1 10 %d Tm (" + b"A" * 1000 + b") Tj ET\n"
    pdf.write_bytes(hostile.one_page(b"".join(line % (y % 800) for y in range(100))))

    assert code_of(pdf) in {"too_large", "no_table_found", "resource_limit"}


def test_other_types_end_before_a_child_is_started(pdf):
    pdf.write_bytes(b"x")
    for mime, code in (("image/png", "engine_unavailable"), ("text/html", "unsupported_type")):
        with pytest.raises(ReadingError) as caught:
            read_document(str(pdf), mime=mime)
        assert caught.value.code == code


def test_a_page_without_text_is_missing_and_the_others_are_read(pdf):
    pdf.with_suffix(".plain").write_bytes(hostile.one_page(hostile.table_content()))
    with pikepdf.open(pdf.with_suffix(".plain")) as document:
        document.add_blank_page()
        document.save(pdf)

    reading = read_document(str(pdf), mime=PDF)

    assert reading.missing_pages == [2]
    assert [page["source"] for page in reading.document["pages"]] == ["text", "none"]
    assert len(reading.lines) == 3


def test_the_wall_clock_ends_a_child_that_does_not_answer(pdf, monkeypatch):
    pdf.write_bytes(hostile.one_page(hostile.table_content()))
    monkeypatch.setattr(limits, "wall_seconds", lambda _pages=0: 0.01)

    assert code_of(pdf) == "timeout"


def test_a_caller_that_may_not_fork_can_read(pdf):
    """As in a Celery prefork child: a daemonic process, which multiprocessing forbids to have children."""
    pdf.write_bytes(hostile.one_page(hostile.table_content()))
    script = (
        "import multiprocessing as m\n"
        "from ocr_engine.reading import read_document\n"
        f"def work(): print(len(read_document({str(pdf)!r}, mime='application/pdf').lines), flush=True)\n"
        "p = m.get_context('fork').Process(target=work, daemon=True); p.start(); p.join()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_environment()
    )

    assert done.stdout.strip() == "3"


def test_no_secret_reaches_the_child(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s3cret")

    assert "SECRET_KEY" not in _environment()


def test_limits_are_bounded_whatever_the_page_count():
    assert (limits.cpu_seconds(), limits.wall_seconds()) == (20, 25.0)
    assert limits.cpu_seconds(10**9) == 120
    assert limits.wall_seconds(10**9) == 150.0
    assert limits.cpu_seconds(84) == 20


def test_the_callers_own_limits_are_untouched(pdf):
    before = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU), Path.cwd()
    pdf.write_bytes(hostile.one_page(hostile.table_content()))
    names_read(pdf)

    assert (
        resource.getrlimit(resource.RLIMIT_AS),
        resource.getrlimit(resource.RLIMIT_CPU),
        Path.cwd(),
    ) == before
