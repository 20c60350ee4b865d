"""What the demo pharmacy sold: imported weeks before it opened, and real counter sales since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from zoneinfo import ZoneInfo

from core.actors import SYSTEM
from reports.demo.catalogue import DemoProduct
from reports.demo.demand import daily_sales, weekly_sales
from sales.enums import PaymentMethod
from sales.services import (
    HistoryData,
    PatientData,
    PaymentData,
    PrescriberData,
    PrescriptionData,
    SaleData,
    SaleLineData,
    SellerRights,
    record_shortage,
    save_history,
    sell,
)
from users.selectors import get_organization

WEEKS_OF_HISTORY = 78
_DAYS_A_WEEK = 7
_CHUNK = 20_000
_LARGEST_BASKET = 12
_OPENS, _CLOSES = 9, 22


@dataclass
class Shelf:
    """A demo product, the ids it got, and how many boxes of it are left."""

    demo: DemoProduct
    product_id: int
    box_id: int
    box_factor: int
    boxes: int = 0


def seed_history(shelves: Sequence[Shelf], *, opened: date) -> int:
    """Eighteen months of weekly sales before the day of opening; the number of rows."""
    by_number = {shelf.demo.number: shelf for shelf in shelves}
    first = opened - timedelta(days=opened.weekday() + _DAYS_A_WEEK * WEEKS_OF_HISTORY)
    sold = weekly_sales([shelf.demo for shelf in shelves], first_monday=first, weeks=WEEKS_OF_HISTORY)
    rows = [
        HistoryData(
            product_id=by_number[demo.number].product_id,
            sale_date=monday,
            quantity=boxes * by_number[demo.number].box_factor,
            span_days=_DAYS_A_WEEK,
        )
        for monday, demo, boxes in sold
    ]
    for start in range(0, len(rows), _CHUNK):
        save_history(rows=rows[start : start + _CHUNK], actor=SYSTEM)
    return len(rows)


def seed_counter_sales(shelves: Sequence[Shelf], *, opened: date, last: date) -> int:
    """Sell what the days asked for, as far as the shelf has it; the rest goes into the shortage book."""
    by_number = {shelf.demo.number: shelf for shelf in shelves}
    zone = ZoneInfo(get_organization().timezone)
    count = 0
    wanted = daily_sales([shelf.demo for shelf in shelves], first=opened, last=last)
    for day, rows in groupby(wanted, key=lambda row: row[0]):
        random = Random(f"counter-{day.isoformat()}")
        lines = [
            line
            for _day, demo, boxes in rows
            if (line := _take(by_number[demo.number], boxes, day, random)) is not None
        ]
        random.shuffle(lines)
        for basket in _baskets(lines, random):
            hour, minute = random.randrange(_OPENS, _CLOSES), random.randrange(60)
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            _sell(basket, moment, _prescribed(random))
            count += 1
    return count


def _take(shelf: Shelf, boxes: int, day: date, random: Random) -> tuple[SaleLineData, Decimal] | None:
    taken = min(boxes, shelf.boxes)
    shelf.boxes -= taken
    if taken < boxes and random.random() < _ASKED_IN_VAIN:
        record_shortage(
            actor=SYSTEM,
            product_id=shelf.product_id,
            unit_id=shelf.box_id,
            quantity=boxes - taken,
            business_date=day,
        )
    if not taken:
        return None
    line = SaleLineData(product_id=shelf.product_id, quantity=taken, unit_id=shelf.box_id)
    return line, shelf.demo.selling_price * taken


#: Not everybody who leaves with empty hands is written down.
_ASKED_IN_VAIN = 0.3


def _baskets(
    lines: Sequence[tuple[SaleLineData, Decimal]], random: Random
) -> Iterator[Sequence[tuple[SaleLineData, Decimal]]]:
    start = 0
    while start < len(lines):
        size = random.randint(1, _LARGEST_BASKET)
        yield lines[start : start + size]
        start += size


_PATIENTS = (
    "سمير الخطيب",
    "ليلى حداد",
    "محمود عيسى",
    "رنا الأحمد",
    "Elias Khoury",
    "هدى منصور",
    "جورج سعادة",
)
_PRESCRIBERS = (("د. أحمد الشامي", "4112"), ("د. نادين فارس", "3875"), ("Dr. Karim Awad", "5020"))


def _prescribed(random: Random) -> PrescriptionData:
    """The paper that somebody brings for what is sold on a prescription only."""
    name, licence = random.choice(_PRESCRIBERS)
    patient = PatientData(random.choice(_PATIENTS), id_number=f"{random.randrange(10**10, 10**11)}")
    return PrescriptionData(patient=patient, prescriber=PrescriberData(name, licence))


def _sell(
    basket: Sequence[tuple[SaleLineData, Decimal]], moment: datetime, prescribed: PrescriptionData
) -> None:
    due = sum((amount for _line, amount in basket), Decimal(0))
    sell(
        data=SaleData(
            lines=[line for line, _amount in basket],
            payments=[PaymentData(PaymentMethod.CASH, due)],
            business_date=moment.date(),
            occurred_at=moment,
            prescribed=prescribed,
        ),
        actor=SYSTEM,
        rights=SellerRights(dispense_controlled=True),
    )
