"""What a posting comes from, named by plain values so that no arrow runs up."""

from typing import NamedTuple


class Source(NamedTuple):
    """(kind, id, purpose) names a posting once and for all: posting it twice is a no-op.

    ``kind`` is the document's kind ("goods_receipt"), ``id`` its key as text, ``purpose`` tells several
    postings of one document apart ("cost", "commitment").
    """

    kind: str
    id: str
    purpose: str = ""

    def for_purpose(self, purpose: str) -> "Source":
        return Source(self.kind, self.id, purpose)
