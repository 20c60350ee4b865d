"""Whatever is sent, the server answers: no operation of the published schema has an answer of 500 and more."""

import os
from collections import Counter

import pytest
import schemathesis
import yaml

from tests.api.fuzzing import Fuzz
from tests.api.pharmacy import open_pharmacy
from tests.api.test_schema import PUBLISHED
from users.models import User
from users.services.sessions import start_session

pytestmark = [pytest.mark.process, pytest.mark.django_db]


@pytest.fixture
def fuzz(processes, committed_db):
    owner = open_pharmacy()
    processes.web(workers=1)
    return Fuzz(processes.web_url, lambda: start_session(user=owner).access)


def test_no_request_is_too_much(fuzz, processes):
    examples = int(os.environ.get("FUZZ_EXAMPLES", "30" if os.environ.get("SOAK") else "3"))
    schema = schemathesis.openapi.from_dict(yaml.safe_load(PUBLISHED.read_text(encoding="utf-8")))
    schema.config.generation.update(with_security_parameters=False)  # we are signed in
    for found in schema.get_all_operations():
        fuzz.attack(found.ok(), examples=examples)
    total = sum(fuzz.answers.values(), Counter())
    assert not fuzz.faults, "\n".join(fuzz.faults)
    assert total[200] > total.total() // 20
    assert User.objects.get(email="owner@example.org").is_active
