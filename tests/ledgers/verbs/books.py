"""Money spent, put in, written by hand; foreign money; months and years that close."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import rule

from capital.enums import AccountRole
from capital.models import JournalEntry, Period, YearClosing
from capital.selectors import default_account
from capital.services import (
    EntryLine,
    ManualEntryData,
    OpeningLine,
    PartyOpening,
    approve_manual_entry,
    cancel_manual_entry,
    close_period,
    close_year,
    create_manual_entry,
    post_contribution,
    post_drawing,
    post_expense,
    post_opening_balance,
    post_opening_lines,
    recall_manual_entry,
    reject_manual_entry,
    reopen_period,
    revalue_foreign_balances,
    reverse_contribution,
    reverse_drawing,
    reverse_expense,
    reverse_manual_entry,
    reverse_year_closing,
    roll_daily_totals,
    set_exchange_rate,
    submit_manual_entry,
)
from core.sources import Source
from purchases.tests.buying import ACTOR
from tests.ledgers.pharmacy import AMOUNTS, PICK, Pharmacy, needs

#: Today, a month ago, last year: months that may be closed.
AGES = st.sampled_from([0, 0, 0, 40, 340])


class BookVerbs(Pharmacy):
    @rule(
        amount=AMOUNTS,
        foreign=st.booleans(),
        age=AGES,
        what=st.sampled_from(["expense", "drawing", "contribution"]),
    )
    def spend_or_put_in(self, amount, foreign, age, what):
        day = self.day - timedelta(age)
        amount = (amount / 90).quantize(Decimal("0.01")) if foreign else amount
        account = self.dollars.pk if foreign else None
        given = {"business_date": day, "amount": amount, "actor": ACTOR, "keep": what}
        if what == "contribution":
            self.attempt(post_contribution, paid_into_id=account, **given)
        else:
            self.attempt(post_drawing if what == "drawing" else post_expense, paid_from_id=account, **given)

    @needs("expense")
    @rule(pick=PICK)
    def take_an_expense_back(self, pick):
        self.attempt(reverse_expense, expense_id=self.one("expense", pick), actor=ACTOR)

    @needs("drawing")
    @rule(pick=PICK)
    def take_a_drawing_back(self, pick):
        self.attempt(reverse_drawing, drawing_id=self.one("drawing", pick), actor=ACTOR)

    @needs("contribution")
    @rule(pick=PICK)
    def take_a_contribution_back(self, pick):
        self.attempt(reverse_contribution, contribution_id=self.one("contribution", pick), actor=ACTOR)

    @rule(
        amount=AMOUNTS,
        off=st.sampled_from([0, 0, 0, 1]),
        age=AGES,
        first=st.sampled_from([*[submit_manual_entry] * 4, cancel_manual_entry]),
        then=st.sampled_from(
            [approve_manual_entry, approve_manual_entry, reject_manual_entry, recall_manual_entry]
        ),
    )
    def write_by_hand(self, amount, off, age, first, then):
        """Only what balances and is approved moves anything."""
        bank, result = (
            default_account(role).pk for role in (AccountRole.BANK, AccountRole.RETAINED_EARNINGS)
        )
        lines = [EntryLine(bank, debit=amount), EntryLine(result, credit=amount + off)]
        data = ManualEntryData(self.day - timedelta(age), "By hand", lines)
        entry = self.attempt(create_manual_entry, data=data, actor=self.maker)
        self.attempt(first, entry_id=entry.pk, actor=self.maker)
        said = {"reason": "No"} if then is reject_manual_entry else {}
        self.attempt(then, entry_id=entry.pk, actor=self.boss, **said)

    @rule(pick=PICK, of_a_document=st.sampled_from([False, False, True]))
    def take_a_manual_entry_back(self, pick, of_a_document):
        """What was written by hand; a document's entry is refused."""
        entries = JournalEntry.objects.filter(reverses=None).order_by("-pk").values_list("pk", flat=True)
        entries = list(entries if of_a_document else entries.filter(source_kind="manual"))
        if entries:
            entry = entries[pick % len(entries)]
            given = {"business_date": self.day, "reason": "x", "actor": ACTOR}
            self.attempt(reverse_manual_entry, entry_id=entry, **given)

    @rule(rate=st.integers(80, 150), age=AGES)
    def learn_a_rate(self, rate, age):
        day = self.day - timedelta(age)
        self.attempt(set_exchange_rate, currency="USD", rate_date=day, rate=Decimal(rate), actor=ACTOR)

    @rule(age=st.sampled_from([1, 1, 40, 0]), rate=st.integers(80, 150))
    def revalue(self, age, rate):
        """At the rate of that day; today is not over."""
        day = self.day - timedelta(age)
        self.attempt(set_exchange_rate, currency="USD", rate_date=day, rate=Decimal(rate), actor=ACTOR)
        self.attempt(revalue_foreign_balances, as_of=day, actor=ACTOR)

    @rule()
    def roll_up(self):
        self.attempt(roll_daily_totals)

    @rule(pick=PICK, close=st.booleans())
    def close_or_open_a_month(self, pick, close):
        months = list(Period.objects.filter(closed_at__isnull=close).order_by("start_date"))
        if months and close:
            self.attempt(close_period, period_id=months[pick % 2 % len(months)].pk, actor=ACTOR)
        elif months:
            self.attempt(reopen_period, period_id=months[-1].pk, reason="x", actor=ACTOR)

    @rule(back=st.booleans())
    def close_the_year(self, back):
        last = YearClosing.objects.filter(reversed_at=None).order_by("-pk").first()
        if back and last is not None:
            closed = Period.objects.filter(closed_at__isnull=False).order_by("start_date").last()
            if closed is not None:
                self.attempt(reopen_period, period_id=closed.pk, reason="x", actor=ACTOR)
            self.attempt(reverse_year_closing, closing_id=last.pk, reason="x", actor=ACTOR)
        else:
            self.attempt(close_year, year=self.day.year - 1, actor=ACTOR)

    @rule(amount=AMOUNTS, age=AGES, owed=st.booleans())
    def bring_forward(self, amount, age, owed):
        """What was there before the first day: of a supplier, or on an account."""
        given = {
            "business_date": self.day - timedelta(age),
            "source": Source("opening", self.next()),
            "actor": self.boss,
        }
        if owed:
            parties = [PartyOpening(self.supplier.party_id, payable=amount)]
            self.attempt(post_opening_balance, parties=parties, **given)
        else:
            lines = [OpeningLine(default_account(AccountRole.BANK).pk, amount)]
            self.attempt(post_opening_lines, lines=lines, **given)
