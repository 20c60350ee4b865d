from users.models.access import ApiKey, Invitation, SignInSession
from users.models.organization import Organization
from users.models.user import User

__all__ = ["ApiKey", "Invitation", "Organization", "SignInSession", "User"]
