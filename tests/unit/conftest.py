"""What the unit tests share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def update() -> bool:
    """Report whether to write expected outputs anew: UPDATE_GOLDEN=1."""
    return os.environ.get("UPDATE_GOLDEN") == "1"
