"""The other half of a race test: without the lock the race is there."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest


class LockOff:
    """Takes locks out of services, and lets everybody read before anybody writes."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def rows(self, *modules):
        """What these modules read by ``lock_rows`` is read without a lock."""
        for module in modules:
            self.monkeypatch.setattr(module, "lock_rows", lambda rows: rows.order_by("pk"))

    def replace(self, module, name, instead):
        self.monkeypatch.setattr(module, name, instead)

    def sql(self, module, name, lock):
        """The statement of that name loses the words of its ``lock``."""
        text = getattr(module, name)
        assert lock in text
        self.monkeypatch.setattr(module, name, text.replace(lock, ""))

    def meet(self, module, name, people):
        """After that function everybody waits for everybody: who takes no lock has read the same as all."""
        real, barrier = getattr(module, name), Barrier(people)

        def read_and_wait(*args, **kwargs):
            answer = real(*args, **kwargs)
            with suppress(BrokenBarrierError):
                barrier.wait(timeout=30)
            return answer

        self.monkeypatch.setattr(module, name, read_and_wait)


@pytest.fixture
def lock_off(monkeypatch):
    return LockOff(monkeypatch)
