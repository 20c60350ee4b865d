import pytest

from inventory.tests.factories import LocationFactory, ProductFactory


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def shop():
    return LocationFactory()


@pytest.fixture
def store():
    return LocationFactory()


@pytest.fixture
def product():
    return ProductFactory()
