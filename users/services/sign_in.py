"""Who is it? Passwords; the sessions that follow are in `users.services.sessions`."""

from users.models import User
from users.models.user import normalise_email

__all__ = ["check_password_of"]


def check_password_of(*, email: str, password: str) -> User | None:
    """The active person with this e-mail and password, or None. Takes as long for an address nobody has."""
    user = User.objects.filter(email=normalise_email(email)).first()
    if user is None:
        User().set_password(password)
        return None
    if not user.check_password(password) or not user.is_active:
        return None
    return user
