"""What the trails call what happened, in the reader's language.

An action is written as "app.verb_thing" beside the kind of its target: the verb alone is put in words, the thing is
the target's name (``core.documents``). A verb that is not known stays as it is spelled.
"""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.documents import document_name

__all__ = ["action_word", "security_word", "target_word"]

_VERBS: dict[str, Promise] = {
    "add": pgettext_lazy("audit", "added"),
    "adjust": pgettext_lazy("audit", "posted"),
    "apply": pgettext_lazy("audit", "applied"),
    "approve": pgettext_lazy("audit", "approved"),
    "assign": pgettext_lazy("audit", "assigned"),
    "answer": pgettext_lazy("audit", "answered"),
    "borrowed": pgettext_lazy("audit", "borrowed"),
    "cancel": pgettext_lazy("audit", "cancelled"),
    "change": pgettext_lazy("audit", "changed"),
    "close": pgettext_lazy("audit", "closed"),
    "confirm": pgettext_lazy("audit", "confirmed"),
    "copy": pgettext_lazy("audit", "copied"),
    "correct": pgettext_lazy("audit", "corrected"),
    "create": pgettext_lazy("audit", "made"),
    "deactivate": pgettext_lazy("audit", "deactivated"),
    "delete": pgettext_lazy("audit", "deleted"),
    "discard": pgettext_lazy("audit", "discarded"),
    "draft": pgettext_lazy("audit", "drafted"),
    "edit": pgettext_lazy("audit", "changed"),
    "exchange": pgettext_lazy("audit", "exchanged"),
    "forget": pgettext_lazy("audit", "forgotten"),
    "found": pgettext_lazy("audit", "found goods settled"),
    "generate": pgettext_lazy("audit", "planned"),
    "import": pgettext_lazy("audit", "imported"),
    "invite": pgettext_lazy("audit", "invited"),
    "lent": pgettext_lazy("audit", "lent"),
    "loan": pgettext_lazy("audit", "loan settled"),
    "make": pgettext_lazy("audit", "changed"),
    "match": pgettext_lazy("audit", "matched"),
    "merge": pgettext_lazy("audit", "merged"),
    "move": pgettext_lazy("audit", "moved"),
    "open": pgettext_lazy("audit", "opened"),
    "pay": pgettext_lazy("audit", "paid"),
    "post": pgettext_lazy("audit", "posted"),
    "quarantine": pgettext_lazy("audit", "quarantined"),
    "reactivate": pgettext_lazy("audit", "reactivated"),
    "recall": pgettext_lazy("audit", "recalled"),
    "receive": pgettext_lazy("audit", "received"),
    "recount": pgettext_lazy("audit", "counted again"),
    "refund": pgettext_lazy("audit", "refunded"),
    "refuse": pgettext_lazy("audit", "refused"),
    "reject": pgettext_lazy("audit", "rejected"),
    "release": pgettext_lazy("audit", "released"),
    "remove": pgettext_lazy("audit", "removed"),
    "reopen": pgettext_lazy("audit", "opened again"),
    "reprice": pgettext_lazy("audit", "repriced"),
    "resend": pgettext_lazy("audit", "sent again"),
    "resolve": pgettext_lazy("audit", "settled"),
    "retry": pgettext_lazy("audit", "tried again"),
    "revalue": pgettext_lazy("audit", "revalued"),
    "reverse": pgettext_lazy("audit", "reversed"),
    "run": pgettext_lazy("audit", "run"),
    "save": pgettext_lazy("audit", "saved"),
    "sell": pgettext_lazy("audit", "sold with exceptions"),
    "send": pgettext_lazy("audit", "sent"),
    "set": pgettext_lazy("audit", "set"),
    "settle": pgettext_lazy("audit", "settled"),
    "store": pgettext_lazy("audit", "stored"),
    "submit": pgettext_lazy("audit", "submitted"),
    "transfer": pgettext_lazy("audit", "moved"),
    "unassign": pgettext_lazy("audit", "taken away"),
    "undo": pgettext_lazy("audit", "undone"),
    "unmatch": pgettext_lazy("audit", "match undone"),
    "update": pgettext_lazy("audit", "changed"),
    "upload": pgettext_lazy("audit", "uploaded"),
    "waive": pgettext_lazy("audit", "waived"),
    "withdraw": pgettext_lazy("audit", "withdrawn"),
    "write": pgettext_lazy("audit", "written"),
    "write_off_receipt": pgettext_lazy("audit", "given up"),
}
_SECURITY: dict[str, Promise] = {
    "api_key_made": _("API key made"),
    "api_key_revoked": _("API key revoked"),
    "invitation_accepted": _("Invitation accepted"),
    "mfa_disabled": _("Second factor turned off"),
    "mfa_enabled": _("Second factor turned on"),
    "password_changed": _("Password changed"),
    "password_reset_requested": _("New password asked for"),
    "pin_locked": _("PIN locked"),
    "pin_refused": _("PIN refused"),
    "pin_reset": _("PIN taken away"),
    "pin_set": _("PIN set"),
    "session_deactivated": _("Session ended: the account was deactivated"),
    "session_password_changed": _("Session ended: the password was changed"),
    "session_revoked": _("Session ended by somebody else"),
    "session_signed_out": _("Signed out"),
    "session_token_reused": _("Session ended: its key was used twice"),
    "signed_in": _("Signed in"),
}
#: Targets that ``core.documents`` knows by another name, or not at all.
_TARGETS: dict[str, Promise] = {
    "file": _("document"),
    "import": _("import"),
    "stock_loan_settlement": _("loan settlement"),
}


def action_word(action: str) -> str:
    """What was done in "purchases.post_credit_note": posted. To what stands beside it."""
    what = action.rpartition(".")[2]
    return str(_VERBS.get(what) or _VERBS.get(what.partition("_")[0]) or what.replace("_", " "))


def security_word(action: str) -> str:
    """What happened to an account."""
    return str(_SECURITY.get(action) or capfirst(action.replace("_", " ")))


def target_word(kind: str) -> str:
    """What a kind of target is called."""
    return capfirst(str(_TARGETS.get(kind) or document_name(kind)))
