"""The verbs of people and organisation."""

from users.services.api_keys import find_api_key, make_api_key, revoke_api_key
from users.services.mfa import (
    begin_mfa_setup,
    check_second_factor,
    confirm_mfa_setup,
    disable_mfa,
    has_mfa,
)
from users.services.organization import fix_currency, set_currency, update_organization
from users.services.passwords import (
    change_password,
    confirm_password_reset,
    request_password_reset,
)
from users.services.people import (
    accept_invitation,
    change_user,
    create_user,
    deactivate_user,
    invite_user,
    reactivate_user,
    resend_invitation,
    withdraw_invitation,
)
from users.services.sessions import (
    SignInTokens,
    end_session,
    end_session_of_token,
    end_sessions_of,
    refresh_session,
    start_session,
)
from users.services.sign_in import check_password_of

__all__ = [
    "SignInTokens",
    "accept_invitation",
    "begin_mfa_setup",
    "change_password",
    "change_user",
    "check_password_of",
    "check_second_factor",
    "confirm_mfa_setup",
    "confirm_password_reset",
    "create_user",
    "deactivate_user",
    "disable_mfa",
    "end_session",
    "end_session_of_token",
    "end_sessions_of",
    "find_api_key",
    "fix_currency",
    "has_mfa",
    "invite_user",
    "make_api_key",
    "reactivate_user",
    "refresh_session",
    "request_password_reset",
    "resend_invitation",
    "revoke_api_key",
    "set_currency",
    "start_session",
    "update_organization",
    "withdraw_invitation",
]
