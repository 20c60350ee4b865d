from datetime import date

from reports.demo.catalogue import catalogue, gtin
from reports.demo.demand import daily_sales, season, weekly_rate
from reports.demo.offers import write_offer
from reports.demo.suppliers import SUPPLIERS, offer_rows


def test_the_catalogue_is_large_unambiguous_and_the_same_every_time():
    products = catalogue()
    assert len(products) >= 3000
    assert products == catalogue()
    for name in ("name_en", "name_ar", "gtin"):
        assert len({getattr(product, name) for product in products}) == len(products)


def test_codes_carry_their_check_digit():
    assert gtin(1) == "2000000000015"
    digits = [int(digit) for digit in gtin(4711)]
    assert sum(digits[::2]) % 10 == (10 - 3 * sum(digits[1::2])) % 10


def test_half_the_catalogue_sells_slowly_and_some_of_it_never():
    rates = sorted(weekly_rate(product) for product in catalogue())
    assert rates[len(rates) // 2] < 1
    assert 0.05 < rates.count(0) / len(rates) < 0.25
    assert rates[-1] > 10


def test_colds_come_in_winter():
    assert season("cough and cold", date(2026, 1, 20)) > 2 * season("cough and cold", date(2026, 7, 20))


def test_days_sell_the_same_every_time_and_less_on_fridays():
    products = catalogue(count=400)
    week = list(daily_sales(products, first=date(2026, 11, 2), last=date(2026, 11, 8)))
    assert week == list(daily_sales(products, first=date(2026, 11, 2), last=date(2026, 11, 8)))
    by_day = [sum(boxes for day, _product, boxes in week if day == date(2026, 11, 2 + n)) for n in range(7)]
    assert by_day[4] == min(by_day)


def test_a_second_list_moves_some_prices_and_drops_some_goods():
    products = catalogue(count=1000)
    first = {row.product.number: row.price for row in offer_rows(SUPPLIERS[0], products)}
    second = {row.product.number: row.price for row in offer_rows(SUPPLIERS[0], products, edition=2)}
    assert second.keys() < first.keys()
    moved = [number for number in second if second[number] != first[number]]
    assert 0.1 < len(moved) / len(second) < 0.4


def test_a_list_is_the_same_pdf_every_time(tmp_path):
    products = catalogue(count=200)
    for name in ("a.pdf", "b.pdf"):
        write_offer(SUPPLIERS[0], products, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
