import pytest

from inventory.tests.factories import LocationFactory, ProductFactory


@pytest.fixture
def shop():
    return LocationFactory()


@pytest.fixture
def store():
    return LocationFactory()


@pytest.fixture
def product():
    return ProductFactory()
