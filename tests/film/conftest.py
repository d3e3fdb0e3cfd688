import pytest
from path_films import path_film

from landscape.film.stage import Stage


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(path_film())
