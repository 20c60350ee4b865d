"""What docker-compose.yml and the images promise, read from the files: no daemon needed."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ONE_SHOT = {"secrets", "migrate", "engine-migrate", "restore"}
AS_ROOT = {"secrets", "restore"}  # they hand files to others, then end
LIMIT_MB = 4096


def megabytes(text):
    number, unit = re.fullmatch(r"(\d+)([mg])", text).groups()
    return int(number) * (1024 if unit == "g" else 1)


def test_the_services_of_the_design_are_there():
    assert {"postgres", "redis", "migrate", "web", "worker", "beat", "backup", "secrets"} <= set(SERVICES)
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["engine"]} == {
        "engine",
        "engine-worker",
        "engine-migrate",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"]["max-size"]
    assert service["mem_limit"]
    user = str(service.get("user", "the image's own"))
    assert user.startswith("0") == (name in AS_ROOT)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_long_running_service_is_watched(name):
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(ONE_SHOT))
def test_a_one_shot_ends(name):
    assert SERVICES[name]["restart"] == "no"


def test_all_fit_four_gigabytes_together():
    assert sum(megabytes(service["mem_limit"]) for service in SERVICES.values()) <= LIMIT_MB


def test_postgres_is_18_in_its_own_place_with_the_locale_of_the_embedded_one():
    service = SERVICES["postgres"]
    assert service["image"] == "postgres:18"
    assert "postgres-data:/var/lib/postgresql" in service["volumes"]
    assert (
        "--locale-provider=builtin --builtin-locale=C.UTF-8" in service["environment"]["POSTGRES_INITDB_ARGS"]
    )


def test_nothing_serves_before_the_migration():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_named_volume_is_declared_and_every_mounted_file_exists():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_file()
            else:
                assert source in COMPOSE["volumes"]


def test_no_secret_stands_in_the_environment():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY|_URL", name) and not name.endswith("_FILE"):
                assert re.match(r"\$\{", str(value)), f"{name}={value}"


@pytest.mark.parametrize("path", ["Dockerfile", "ocr_engine/Dockerfile"])
def test_an_image_is_built_in_stages_from_the_lock_and_runs_as_nobody(path):
    text = (ROOT / path).read_text()
    stages = text.split("\nFROM ")
    assert len(stages) == 3
    assert "--require-hashes" in stages[1]
    assert re.search(r"^USER \d{5}:\d{5}$", stages[2], re.MULTILINE)
    assert "HEALTHCHECK" in stages[2]


def test_every_setting_of_the_example_is_read_by_compose():
    compose = (ROOT / "docker-compose.yml").read_text()
    for line in (ROOT / ".env.example").read_text().splitlines():
        if match := re.match(r"#?([A-Z][A-Z0-9_]+)=", line):
            assert re.search(rf"\$\{{{match[1]}\b", compose) or match[1] == "TZ", match[1]


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt", "ocr_engine/requirements.lock"])
def test_a_lock_is_complete_and_for_everybody(path):
    text = (ROOT / path).read_text()
    pins = re.findall(r"^[a-z0-9][^\s=]*==", text, re.MULTILINE)
    assert len(pins) > 20
    assert len(re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=", text, re.MULTILINE)) == len(pins)
    assert not re.search(r"^--|file:|https?:", text, re.MULTILINE)


def test_the_engines_lock_agrees_with_the_projects():
    def pins(path):
        return dict(re.findall(r"^([a-z0-9][^\s=]*)==([^\s;]+)", (ROOT / path).read_text(), re.MULTILINE))

    ours, engines = pins("requirements.txt"), pins("ocr_engine/requirements.lock")
    assert {name: ours.get(name, version) for name, version in engines.items()} == engines
