"""Which examples Hypothesis draws: `make test` tries the same ones every time, `make test-soak` new ones.

A run that decides whether a change lands must not depend on luck; looking for what nobody thought of is the soak's work.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

#: How long an example took says how busy the machine is, and no fixture of ours is spoiled by the next example.
_PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

settings.register_profile("same", _PATIENT, derandomize=True, print_blob=True)
settings.register_profile("new", _PATIENT, print_blob=True)
settings.load_profile("new" if os.environ.get("SOAK") else "same")

#: Hypothesis' own draws under another name: it follows each example of its own by six that hardly differ from it.
AVAILABLE_PROVIDERS["apart"] = HypothesisProvider
