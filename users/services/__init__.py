"""The verbs of people and organisation."""

from users.services.organization import fix_currency, set_currency, update_organization
from users.services.sign_in import check_password_of

__all__ = ["check_password_of", "fix_currency", "set_currency", "update_organization"]
