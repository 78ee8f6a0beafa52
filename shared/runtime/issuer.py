"""A small OpenID Connect issuer for the platform and for tests, and the minting of tokens with a key file.

`python -m shared.runtime.issuer serve --key FILE --port N` publishes the discovery document and the public keys over
HTTP. Tokens are made by whoever holds the key file (`… mint`, `gatehouse token`); no endpoint makes any (DESIGN 15).
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.runtime.key_files import token_key
from shared.runtime.minting import mint
from shared.runtime.serving import server


def issuer_app(issuer: str, keys: Sequence[ECKey]) -> Starlette:
    """Discovery and JWKS of these keys (OpenID Connect Discovery 1.0 section 4)."""

    async def discovery(request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/jwks",
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }
        )

    async def jwks(request: Request) -> JSONResponse:
        return JSONResponse({"keys": [key.as_dict(private=False) for key in keys]})

    return Starlette(routes=[Route("/.well-known/openid-configuration", discovery), Route("/jwks", jwks)])


def main(arguments: Sequence[str]) -> int:
    """The command line of the issuer."""
    parser = argparse.ArgumentParser(prog="python -m shared.runtime.issuer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="publish discovery and keys over HTTP")
    serve.add_argument("--port", type=int, required=True)
    made = commands.add_parser("mint", help="print an access token")
    made.add_argument("--subject", required=True)
    made.add_argument("--audience", default="gatehouse")
    made.add_argument("--seconds", type=int, default=3600)
    made.add_argument("--group", action="append", default=[], help="a group the token names; may be repeated")
    made.add_argument("--issuer", required=True)
    for command in (serve, made):
        command.add_argument("--key", type=Path, required=True, help="JWK file; made if it is missing")
    asked = parser.parse_args(arguments)
    key = token_key(asked.key)
    if asked.command == "serve":
        issuer = f"http://127.0.0.1:{asked.port}"
        asyncio.run(server(issuer_app(issuer, [key]), "127.0.0.1", asked.port).serve())
        return 0
    token = mint(
        key,
        issuer=asked.issuer,
        audience=asked.audience,
        subject=asked.subject,
        seconds=asked.seconds,
        now=time.time(),
        claims={"groups": asked.group},
    )
    sys.stdout.write(f"{token}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
