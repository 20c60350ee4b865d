"""A pharmacy to which anything may happen: what every rule of the state machine stands on."""

from collections import Counter, defaultdict
from contextlib import nullcontext
from itertools import count

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition

from core.errors import DomainError
from tests.ledgers.agreement import broken_statements, ledgers_agree
from tests.ledgers.fingerprint import fingerprint

QUANTITIES = st.integers(1, 9)
AMOUNTS = st.decimals(1, 9000, places=2)
PICK = st.integers(0, 10**6)
LEDGERS = ("inventory_stock", "inventory_stockmovement", "capital_journalline", "capital_commitment")
#: Every check of the product is asked after so many operations; the naive statements after each.
VERIFY_EVERY = 25


def needs(kind):
    """The rule waits until something of this ``kind`` was made."""
    return precondition(lambda self: self.made[kind])


class Pharmacy(RuleBasedStateMachine):
    """Each operation happens whole or is refused, and a refused one changes nothing.

    An example is a savepoint, rolled back at its end to the pharmacy as it was opened. After each operation what waits
    for a commit (an entry that must balance, a foreign key) is asked, as a commit would.
    """

    #: Name of a verb -> how often it did something, and how often it refused.
    done: Counter = Counter()
    refused: Counter = Counter()
    #: Why: (verb, code).
    reasons: Counter = Counter()
    #: What `open_pharmacy` made, once for all examples.
    opened = None

    @initialize()
    def begin(self):
        self.whole = transaction.atomic()
        self.whole.__enter__()
        vars(self).update(vars(self.opened))
        self.made = defaultdict(list, {kind: list(ids) for kind, ids in self.opened.made.items()})
        self.numbers = count(1)
        self.settle()

    def teardown(self):
        if not hasattr(self, "whole"):
            return
        if hasattr(self, "seen") and not connection.needs_rollback:
            ledgers_agree()
        transaction.set_rollback(True)
        self.whole.__exit__(None, None, None)

    def next(self):
        return str(next(self.numbers))

    def one(self, kind, pick):
        """One of the things that were made; Hypothesis likes small numbers, and the newest has the most before it."""
        return self.made[kind][-1 - pick % len(self.made[kind])]

    def product(self, pick):
        return self.products[pick % len(self.products)]

    def attempt(self, verb, *, keep="", **given):
        """What ``verb`` makes, remembered as a ``keep``; None when it refuses, and then everything is as it was.

        Services have their transaction, and it is theirs to leave nothing behind. Verbs of stock run in their caller's.
        """
        in_callers = verb.__module__.startswith("inventory.")
        try:
            with transaction.atomic() if in_callers else nullcontext():
                made = verb(**given)
        except DomainError as error:
            self.nothing_changed(verb.__name__, error.code)
            return None
        self.settle()
        self.done[verb.__name__] += 1
        if keep:
            self.made[keep].append(made.pk)
        return made

    def send(self, path, body, *, keep=""):
        """The same over HTTP, as the owner; sent twice with one key it happens once and answers alike."""
        name, key = path.rstrip("/").rpartition("/")[2], {"Idempotency-Key": self.next()}
        answer = self.owner.post(f"/api/v1/{path}", body, format="json", headers=key)
        assert answer.status_code < 500, answer.content
        if answer.status_code >= 400:
            assert answer["Content-Type"].startswith("application/problem+json"), answer.content
            self.nothing_changed(name, str(answer.json().get("errors") or answer.json()["code"]))
            return
        self.settle()
        self.done[name] += 1
        again = self.owner.post(f"/api/v1/{path}", body, format="json", headers=key)
        assert (again.content, fingerprint()) == (answer.content, self.seen)
        if keep:
            self.made[keep].append(answer.json()["id"])

    def nothing_changed(self, name, why):
        after = fingerprint()
        assert after == self.seen, (name, [table for table in after if after[table] != self.seen[table]])
        self.refused[name] += 1
        self.reasons[name, why] += 1

    def ledgers(self):
        """All that money and goods move by."""
        return {table: self.seen[table] for table in LEDGERS}

    def settle(self):
        """What a commit would ask is asked now; and this is how the ledgers are from here on."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        self.seen = fingerprint()

    @invariant()
    def ledgers_agree(self):
        if not hasattr(self, "seen"):
            return
        assert broken_statements() == []
        if sum(self.done.values()) % VERIFY_EVERY == 0:
            ledgers_agree()
