"""What the tests of the two providers start from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from relanced_sms import SmsChannel
from tests.sms.doors import ACCOUNT, TOKEN, Watch, ovh_door, twilio_door
from tests.sms.grumpy import Grumpy
from tests.sms.ovh_server import Ovh


@pytest.fixture
def watch() -> Watch:
    """A clock set by hand."""
    return Watch()


@pytest.fixture
async def twilio(watch: Watch) -> AsyncIterator[Grumpy]:
    """An account with Twilio."""
    grumpy = Grumpy(ACCOUNT, TOKEN, watch)
    yield grumpy
    grumpy.hung.set()
    await grumpy.close()


@pytest.fixture
async def door(twilio: Grumpy, watch: Watch) -> AsyncIterator[SmsChannel]:
    """A door on it, with little patience."""
    opened = twilio_door(await twilio.open(), watch, timeout=1.5)
    yield opened
    await opened.close()


@pytest.fixture
async def ovh(watch: Watch) -> AsyncIterator[Ovh]:
    """A service of OVHcloud."""
    service = Ovh(watch)
    yield service
    await service.close()


@pytest.fixture
async def ovh_opened(ovh: Ovh, watch: Watch) -> AsyncIterator[SmsChannel]:
    """A door on it."""
    opened = ovh_door(await ovh.open(), watch, timeout=2.0)
    yield opened
    await opened.close()
