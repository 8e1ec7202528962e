from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def sockaddr(twin: Any) -> ModuleType:
    return twin.part("sockaddr")
