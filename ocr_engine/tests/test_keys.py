"""Keys and the command that provisions the pharmacy on the same machine."""

import pytest
from django.core.management import CommandError, call_command

from ocr_engine.models import Pharmacy, PharmacyKey
from ocr_engine.services.keys import pharmacy_of_key

pytestmark = pytest.mark.django_db


def test_provisioning_again_changes_nothing(tmp_path):
    options = {"name": "local", "key_file": tmp_path / "s" / "key", "secret_file": tmp_path / "s" / "secret"}
    call_command("provision", **options, stdout=_Sink())
    key, secret = (options[name].read_text() for name in ("key_file", "secret_file"))
    call_command("provision", **options, stdout=_Sink())
    assert options["key_file"].read_text() == key
    assert options["key_file"].stat().st_mode & 0o777 == 0o600
    assert (Pharmacy.objects.get().callback_secret, PharmacyKey.objects.count()) == (secret, 1)
    assert pharmacy_of_key(key).name == "local"
    assert key not in str(PharmacyKey.objects.values().get())


def test_the_files_are_the_truth_when_the_database_is_new(tmp_path):
    options = {"name": "local", "key_file": tmp_path / "key", "secret_file": tmp_path / "secret"}
    options["key_file"].write_text("ocr_kept\n")
    call_command("provision", **options, stdout=_Sink())
    assert pharmacy_of_key("ocr_kept") is not None


def test_a_key_is_printed_once(capsys):
    call_command("create_pharmacy_key", name="Nada", callback_secret="")
    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.split())
    assert pharmacy_of_key(printed["AI_ENGINE_KEY"]).callback_secret == printed["AI_ENGINE_SECRETS"]
    call_command("create_pharmacy_key", name="Nada", callback_secret="whsec_bmV3")
    pharmacy = Pharmacy.objects.get()
    assert (pharmacy.callback_secret, pharmacy.previous_callback_secret) == (
        "whsec_bmV3",
        printed["AI_ENGINE_SECRETS"],
    )
    assert pharmacy.keys.count() == 2


def test_revoking_by_command(capsys):
    call_command("create_pharmacy_key", name="Nada", callback_secret="")
    key = capsys.readouterr().out.split()[0].partition("=")[2]
    with pytest.raises(CommandError):
        call_command("revoke_pharmacy_key", name="Nada", prefix="ocr_nothing!")
    call_command("revoke_pharmacy_key", name="Nada", prefix=key[:12])
    assert pharmacy_of_key(key) is None


class _Sink:
    def write(self, text):
        return len(text)
