"""What matching takes and gives. Plain values; the catalogue's own dataclass fits `Entry` as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["Candidate", "Decision", "Difference", "Entry", "Line", "Match", "Method"]


class Entry(Protocol):
    """A product as the catalogue knows it (`inventory.types.CatalogueEntry`)."""

    @property
    def id(self) -> int: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def aliases(self) -> Sequence[str]: ...
    @property
    def strength(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def pack(self) -> str: ...
    @property
    def identifiers(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Line:
    """A line of an offer: what the supplier calls the goods, and what else it says that identifies them."""

    name: str
    pack: str = ""
    maker: str = ""
    identifiers: tuple[str, ...] = ()


class Decision(StrEnum):
    """`accept`: stored without asking. `unsure`: a person chooses. `none`: nothing comes near."""

    ACCEPT = "accept"
    UNSURE = "unsure"
    NONE = "none"


class Method(StrEnum):
    IDENTIFIER = "identifier"
    ALIAS = "alias"
    KEY = "key"
    FUZZY = "fuzzy"


class Difference(StrEnum):
    """What keeps a candidate from being accepted without a person."""

    STRENGTH = "strength"
    FORM = "form"
    PACK = "pack"
    VARIANT = "variant"
    NUMBER = "number"


@dataclass(frozen=True)
class Candidate:
    """`score` 0..1; `name` is the product's name that came nearest; `differs` is empty or says why to look twice."""

    product_id: int
    score: float
    name: str
    differs: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Match:
    """`product_id` is set exactly on `accept`. `candidates`: at most five, best first, of different products."""

    decision: Decision
    method: Method | None = None
    product_id: int | None = None
    score: float = 0.0
    candidates: tuple[Candidate, ...] = ()
