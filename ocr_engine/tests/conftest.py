import hashlib
import json
import os
import shutil
import uuid
from pathlib import Path

import jsonschema_rs
import pytest

# Under the pharmacy's settings this suite has no tables: it has its own run (pytest.ini in this app).
if os.environ.get("DJANGO_SETTINGS_MODULE") != "ocr_engine.settings":
    collect_ignore_glob = ["test_*.py"]

CONTRACT = Path(__file__).parents[2] / "ai_integration" / "contract" / "ocr-v1.schema.json"


@pytest.fixture(scope="session")
def follows():
    """follows(definition, document): asserts that the contract allows it."""
    schema = json.loads(CONTRACT.read_text())

    def check(definition, document):
        jsonschema_rs.validator_for({**schema, "$ref": f"#/$defs/{definition}"}).validate(document)

    return check


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def sent(monkeypatch):
    """Messages that would have gone to the broker."""
    messages = []
    monkeypatch.setattr("ocr_engine.sending.send", lambda task, *args: messages.append((task.name, args)))
    monkeypatch.setattr(
        "ocr_engine.services.recovery.send", lambda task, *args: messages.append((task.name, args))
    )
    return messages


@pytest.fixture
def pharmacy(db):
    from ocr_engine.services.keys import create_pharmacy  # noqa: PLC0415  (needs the engine's settings)

    return create_pharmacy(name="Nada", callback_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


class Caller:
    """A pharmacy's HTTP client."""

    def __init__(self, client, key):
        self.client, self.key = client, key

    def get(self, path):
        return self.client.get(path, headers={"authorization": f"Bearer {self.key}"})

    def delete(self, path):
        return self.client.delete(path, headers={"authorization": f"Bearer {self.key}"})

    def post_json(self, body, **headers):
        return self.client.post(
            "/v1/jobs",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {self.key}", **headers},
        )

    def post_job(self, job, files, **headers):
        parts = {"job": json.dumps(job), **files}
        return self.client.post("/v1/jobs", parts, headers={"authorization": f"Bearer {self.key}", **headers})


@pytest.fixture
def caller(client, pharmacy, data_dir, sent, django_capture_on_commit_callbacks):
    from ocr_engine.services.keys import add_key  # noqa: PLC0415  (needs the engine's settings)

    return Caller(client, add_key(pharmacy=pharmacy))


def job_request(content=b"%PDF-1.4 test", **fields):
    return {
        "job_id": str(uuid.uuid4()),
        "kind": "offer",
        "documents": [
            {
                "upload": "document-0",
                "sha256": hashlib.sha256(content).hexdigest(),
                "mime": "application/pdf",
                "bytes": len(content),
            }
        ],
        **fields,
    }
