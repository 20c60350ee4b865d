"""``manage.py makemessages -l ar``: Django's own, told which names mark a string here and what is ours to translate."""

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """The catalogue names no source line, so that moving code does not change it."""

    #: `n_` marks without translating (`purchases/explain.py`), `_now` translates at once where `_` is lazy.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=n_", "--keyword=_now"]

    def handle(self, *args: Any, **options: Any) -> None:
        options["no_location"] = True
        options["no_obsolete"] = True
        options["no_wrap"] = True
        options["ignore_patterns"] = [
            *options["ignore_patterns"],
            ".*",
            "bench",
            "node_modules",
            "staticfiles",
            "tests",
        ]
        super().handle(*args, **options)
