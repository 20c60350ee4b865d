"""The demo pharmacy's people. Their passwords are random for each install and written to one private file."""

import json
import os
import secrets
from decimal import Decimal
from pathlib import Path

from core.actors import SYSTEM
from rbac.enums import BuiltInRole
from rbac.services import assign_role
from sales.services import create_customer
from users.services import create_user

NAMES = {
    BuiltInRole.OWNER: "Rana Owner",
    BuiltInRole.PHARMACIST: "Samir Pharmacist",
    BuiltInRole.PURCHASER: "Huda Purchaser",
    BuiltInRole.CASHIER: "Omar Cashier",
    BuiltInRole.ACCOUNTANT: "Lina Accountant",
    BuiltInRole.AUDITOR: "Yusuf Auditor",
}


def seed_people() -> list[dict[str, str]]:
    """One person a role; answers ``{"role", "email", "password"}`` of each."""
    people = []
    for role, name in NAMES.items():
        email, password = f"{role.value}@demo.example", secrets.token_urlsafe(12)
        user = create_user(email=email, name=name, password=password, actor=SYSTEM)
        assign_role(user_id=user.pk, role_code=role.value, actor=SYSTEM)
        people.append({"role": role.value, "email": email, "password": password})
    return people


#: (name, phone, what they may owe): who buys on account, and who only leaves a name.
CUSTOMERS = (
    ("سمير الخطيب", "0933 410 221", Decimal(500_000)),
    ("Clinic of Dr. Karim Awad", "0944 120 775", Decimal(5_000_000)),
    ("ليلى حداد", "0955 903 118", Decimal(0)),
)


def seed_customers() -> None:
    for name, phone, limit in CUSTOMERS:
        create_customer(name=name, phone=phone, credit_limit_amount=limit, actor=SYSTEM)


def write_credentials(people: list[dict[str, str]], path: Path) -> None:
    """Only the owner of the file may read it; it appears whole or not at all."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(people, file, indent=1)
    draft.replace(path)
