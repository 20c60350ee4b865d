"""The first person of a new pharmacy."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actors import SYSTEM
from core.errors import DomainError
from rbac.enums import BuiltInRole
from rbac.models import Role
from rbac.services import invite_person, sync_permissions
from users.mail import invitation_link


class Command(BaseCommand):
    help = "Invites an owner and prints the link that sets the password: it is also mailed, where mail works."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        sync_permissions()
        try:
            invitation = invite_person(
                email=options["email"],
                name=options["name"],
                roles=[Role.objects.get(code=BuiltInRole.OWNER)],
                actor=SYSTEM,
            )
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(invitation_link(invitation))
