"""How often matching is right, how often it is confidently wrong, and how long it takes.

    python -m bench.matching [catalogue.csv.gz]

Makes supplier lines out of a catalogue's own names the way wholesalers write them (abbreviations, dropped packs,
typing errors, other order, a maker behind a slash), and holds a tenth of the products back from the index: whatever
is accepted for those is a false accept. The catalogue is only looked at; nothing of it is kept.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from purchases.matching import Decision, Line, build_index, match_lines
from purchases.matching.parse import parse_name

DEFAULT = Path(__file__).resolve().parents[2] / "shared/data/catalogue/egypt_drugs.dev.csv.gz"
LINES = 10_000
SHORT = {
    "TABLETS": ["TAB", "TABS", "TAB."], "TABS.": ["TAB"], "TABS": ["TAB"], "TAB.": ["TABLETS", "TAB"],
    "CAPSULES": ["CAP", "CAPS"], "CAPS.": ["CAP"], "CAPS": ["CAPSULES"], "CREAM": ["CRM", "CREAM"],
    "OINT.": ["OINTMENT"], "SUSP.": ["SUSPENSION"], "SYRUP": ["SYR"], "SUPP.": ["SUPPOSITORIES"],
    "AMP.": ["AMPOULES", "AMP"], "VIAL": ["VIAL"], "GM": ["G", "GR"], "I.U.": ["IU"],
}  # fmt: skip


@dataclass(frozen=True)
class Product:
    id: int
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    strength: str = ""
    form: str = ""
    pack: str = ""
    identifiers: tuple[str, ...] = ()


def noisy(name: str, rng: random.Random) -> str:
    words = [
        rng.choice(SHORT[word]) if word in SHORT and rng.random() < 0.6 else word for word in name.split()
    ]
    text = " ".join(words)
    if rng.random() < 0.3:
        text = re.sub(r"(\d) (MG|GM|ML)\b", r"\1\2", text)
    elif rng.random() < 0.3:
        text = re.sub(r"(\d)(MG|GM|ML)\b", r"\1 \2", text)
    if rng.random() < 0.25:  # the pack is left out
        text = re.sub(r" \d+ (?=(?:TAB|CAP|F\.C|AMP|SACH|SUPP|COATED))", " ", text)
    if rng.random() < 0.3:
        text = _typo(text, rng)
    if rng.random() < 0.15:
        text = f"{text} / {rng.choice(['PHARMA', 'EIPICO', 'SEDICO', 'AMOUN CO'])}"
    return text.lower() if rng.random() < 0.5 else text


def _typo(text: str, rng: random.Random) -> str:
    spots = [i for i, char in enumerate(text) if char.isalpha() and 2 < i < 14]
    if not spots:
        return text
    at = rng.choice(spots)
    kind = rng.random()
    if kind < 0.4:
        return text[:at] + text[at + 1 :]
    if kind < 0.7:
        return text[:at] + text[at] + text[at:]
    return text[:at] + rng.choice("AEIOUSTRN") + text[at + 1 :]


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not path.exists():
        print(f"matching: no catalogue at {path}, not measured")
        return
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        names = [row["commercial_name_en"] for row in csv.DictReader(rows)]
    rng = random.Random(7)
    held_back = set(rng.sample(range(len(names)), len(names) // 10))
    catalogue = [Product(i, (name,)) for i, name in enumerate(names) if i not in held_back]
    started = time.perf_counter()
    index = build_index(catalogue)
    built = time.perf_counter() - started
    wanted = [rng.randrange(len(names)) for _ in range(LINES)]
    lines = [Line(noisy(names[i], rng)) for i in wanted]
    started = time.perf_counter()
    matches = match_lines(index, lines)
    seconds = time.perf_counter() - started
    report(names, held_back, wanted, lines, matches)
    print(f"index {built:.1f} s, {LINES} lines on {len(catalogue)} names: {seconds:.1f} s")


def report(names, held_back, wanted, lines, matches) -> None:  # noqa: ANN001 - a printout
    same = {}
    for i, name in enumerate(names):
        same.setdefault(parse_name(name).key, set()).add(i)
    count = Counter()
    show = "-v" in sys.argv
    for i, line, match in zip(wanted, lines, matches, strict=True):
        twins = same[parse_name(names[i]).key]
        in_index = i not in held_back
        top = match.candidates[0].product_id if match.candidates else match.product_id
        accepted = match.decision is Decision.ACCEPT
        if in_index:
            count["present"] += 1
            count["top"] += top in twins
            count["accepted"] += accepted
            wrong = accepted and match.product_id not in twins
            count["wrong"] += wrong
        else:
            count["absent"] += 1
            wrong = accepted and match.product_id not in twins
            count["absent_wrong"] += wrong
        if wrong and show:
            print(
                "WRONG",
                "present" if in_index else "absent",
                "|",
                line.name,
                "->",
                names[match.product_id],
                "| was",
                names[i],
                match.method,
                match.score,
            )
        elif show and in_index and top not in twins and rng_show(count):
            print("MISS", line.name, "->", [c.name for c in match.candidates[:2]], "| was", names[i])
    print(
        f"top-1 accuracy        {count['top'] / count['present']:.4f} of {count['present']} lines whose product exists"
    )
    print(f"accepted unasked      {count['accepted'] / count['present']:.4f}")
    print(f"false accepts         {count['wrong'] / max(count['accepted'], 1):.4f} of those accepted")
    print(
        f"false accepts, absent {count['absent_wrong'] / max(count['absent'], 1):.4f} of {count['absent']} lines whose product is missing"
    )


def rng_show(count: Counter) -> bool:
    count["shown"] += 1
    return count["shown"] < 60


if __name__ == "__main__":
    main()
