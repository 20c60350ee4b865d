"""What `make demo` tells."""

from reports.demo.walkthrough import Story, _settle


class Pharmacy:
    """Answers as the API would, of one line."""

    line = {
        "id": 1, "raw_name": "Panadol", "price": "12500.0000", "net_cost": "10416.66666667",
        "bonus": [{"buy": 10, "free": 2}, {"buy": 25, "free": 6}], "match": {"status": "matched"},
    }  # fmt: skip

    def every(self, path):
        return [self.line, self.line | {"bonus": [], "price": None}]

    def call(self, method, path, **_body):
        return {"status": "ready"}


def test_lines_read_are_told_as_lists_print_them():
    told = []
    _settle(Pharmacy(), 7, Story(told.append))
    text = "\n".join(told)
    assert "Read 2 lines: 2 matched" in text
    assert "Panadol: 12,500, bonus 10+2 or 25+6, net 10,416.67" in text
    assert "Panadol: -, bonus none, net 10,416.67" in text
