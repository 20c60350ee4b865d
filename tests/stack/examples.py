"""Which examples Hypothesis draws: `make test` tries the same ones every time, `make test-soak` new ones.

A run that decides whether a change lands must not depend on luck; looking for what nobody thought of is the soak's work.
"""

import os

from hypothesis import settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

settings.register_profile("same", derandomize=True, print_blob=True)
settings.register_profile("new", print_blob=True)
settings.load_profile("new" if os.environ.get("SOAK") else "same")

#: Hypothesis' own draws under another name: it follows each example of its own by six that hardly differ from it.
AVAILABLE_PROVIDERS["apart"] = HypothesisProvider
