"""The services' databases and roles on a local server, by the same script that other installations run."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from deploy.local.postgres import PostgresServer
from shared.runtime.key_files import read_secret, write_secret
from shared.runtime.settings import SERVICES

SCRIPT: Final = Path(__file__).parents[1] / "postgres" / "databases.sql"
Kind = Literal["owner", "app"]


@dataclass(frozen=True, slots=True)
class Databases:
    """One database per service; the owner makes tables, the app role reads and adds."""

    server: PostgresServer
    passwords: dict[str, str]

    @classmethod
    def over(cls, server: PostgresServer, password_file: Path) -> Self:
        """The passwords are made on first use and kept in a file that only its owner reads."""
        if not password_file.exists():
            write_secret(password_file, json.dumps({"owner": secrets.token_hex(24), "app": secrets.token_hex(24)}))
        return cls(server, json.loads(read_secret(password_file)))

    def make(self) -> None:
        """Make the roles and databases that are not there, and say who may come in; a repeat changes nothing."""
        known = {"OWNER_PASSWORD": self.passwords["owner"], "APP_PASSWORD": self.passwords["app"]}
        self.server.run_sql(SCRIPT.read_text(), **known)

    def settings(self, kind: Kind) -> dict[str, str]:
        """The settings that lead a process to the databases, as that role."""
        found = {}
        for service in SERVICES:
            url = self.server.url(service, user=f"{service}_{kind}", password=self.passwords[kind])
            found[f"GATEHOUSE_{service.upper()}_EVENTS_URL"] = url
            found[f"GATEHOUSE_{service.upper()}_VIEWS_URL"] = url
        return found
