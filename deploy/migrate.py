"""`python -m deploy.migrate`: bring every service's tables up to this version, then go.

The environment holds `GATEHOUSE_<SERVICE>_EVENTS_URL` with the owner's role. On PostgreSQL the role `<service>_app`,
under which the product runs, is given what it needs and no more. Repeating it changes nothing.
"""

import asyncio
import os
import sys
from collections.abc import Sequence

from shared.runtime.settings import SERVICES, Service, Settings, SettingsError
from shared.store.migrate import upgrade


async def migrate(settings: Settings, services: Sequence[Service]) -> None:
    """Each service in turn; the first failure ends it, and leaves that service's tables as they were."""
    for service in services:
        await upgrade(settings.events_url(service), service, app_role=f"{service}_app")


def main() -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    asyncio.run(migrate(settings, SERVICES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
