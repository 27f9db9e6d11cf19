"""What the tests of journeys share."""

from collections.abc import Iterator

import pytest

from config.lib import sql
from tests.channels.conftest import mail_server  # noqa: F401 (a fixture)


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """For tests that commit, because several processes or connections look on. Django only knows how to empty its own
    tables.
    """
    yield
    sql.run(
        """TRUNCATE journeys_enrollment, journeys_step, journeys_tally, journeys_total, channels_message,
                    channels_sandboxed, channels_ondevice, profiles_profile, profiles_identity, profiles_inbox,
                    profiles_event, profiles_eventkey, profiles_device, profiles_suppression"""
    )
