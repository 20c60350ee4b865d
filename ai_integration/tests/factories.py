"""Jobs, results as an engine would send them, and the signatures on them."""

import base64
import copy
import datetime as dt
import hashlib
import hmac
import json
import time
import uuid
from pathlib import Path

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from ai_integration import services
from ai_integration.models import OcrJob
from core.actors import SYSTEM
from core.sources import Source
from files.services import store_file

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"
CALLBACK = "/api/v1/ocr/callback/"


def stored_pdf(content=None):
    """A stored document with bytes of its own, by way of the service."""
    content = content or b"%PDF-1.7\n" + uuid.uuid4().bytes
    return store_file(upload=SimpleUploadedFile("list.pdf", content), actor=SYSTEM)


class OcrJobFactory(factory.django.DjangoModelFactory):
    """A job in any status, its constraints kept."""

    class Meta:
        model = OcrJob
        skip_postgeneration_save = True

    kind = "offer"
    status = "running"
    source_kind = "test"
    source_id = factory.Sequence(str)
    languages = ["ar", "en"]
    started_at = factory.LazyFunction(timezone.now)
    next_attempt_at = factory.LazyFunction(timezone.now)
    requested_by_name = "Test"

    @factory.post_generation
    def file(self, create, extracted, **kwargs):
        self.documents.create(position=0, file=extracted or stored_pdf())


def ended(status, **fields):
    usual = {"finished_at": timezone.now(), "next_attempt_at": None}
    if status == "failed":
        usual |= {"error_code": "internal", "error_message": "It broke."}
    return OcrJobFactory(status=status, **(usual | fields))


def submit(**fields):
    file = fields.pop("file", None) or stored_pdf()
    source = Source("test", str(uuid.uuid4()))
    return services.submit_job(
        **{"kind": "offer", "file_ids": [file.pk], "source": source, "actor": SYSTEM, **fields}
    )


def example(name="succeeded", **fields):
    """One of the contract's own examples, changed where asked."""
    document = json.loads((EXAMPLES / f"result-{name}.json").read_text())
    return {**copy.deepcopy(document), **fields}


def result_for(job, name="succeeded", **fields):
    return json.dumps(example(name, job_id=str(job.pk), **{"attempt": job.run, **fields})).encode()


def signed(body, *, secret=SECRET, webhook_id=None, at=None):
    """Headers by the reference implementation of Standard Webhooks, which signs text only."""
    webhook_id = webhook_id or f"msg_{uuid.uuid4().hex}"
    at = at or dt.datetime.now(tz=dt.UTC)
    signature = Webhook(secret).sign(webhook_id, at, body.decode())
    return {
        "HTTP_WEBHOOK_ID": webhook_id,
        "HTTP_WEBHOOK_TIMESTAMP": str(int(at.timestamp())),
        "HTTP_WEBHOOK_SIGNATURE": signature,
    }


def signed_bytes(body, *, secret=SECRET, webhook_id="msg_bytes"):
    """The same over bytes that are no text."""
    at = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{webhook_id}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"HTTP_WEBHOOK_ID": webhook_id, "HTTP_WEBHOOK_TIMESTAMP": at, "HTTP_WEBHOOK_SIGNATURE": signature}
