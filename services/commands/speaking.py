"""How every command speaks: people's words or one JSON object on stdout, and an exit code that scripts can trust."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import httpx2
import typer
from rich.console import Console

from services.folder import FolderHeld, FolderMixed
from shared.refusals import Refused
from shared.runtime.grants import MappingError
from shared.runtime.key_files import KeyFileError
from shared.runtime.listening import PortTaken
from shared.runtime.settings import SettingsError
from shared.store.errors import StoreUnavailable

Json = Annotated[bool, typer.Option("--json", help="Speak JSON: one object on stdout, nothing else there.")]
words = Console(stderr=True, highlight=False)
"""For people: progress, hints and complaints go to stderr, so that stdout holds only results."""


class Exit(IntEnum):
    """What the exit code of a command means."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3


def say(result: Mapping[str, Any], as_json: bool, text: str) -> None:
    """The result, as JSON or in words."""
    sys.stdout.write((json.dumps(result, ensure_ascii=False, default=str) if as_json else text) + "\n")


def leave_with(code: Exit, why: str) -> NoReturn:
    """End the command with that code, and say why on stderr."""
    words.print(f"gatehouse: {why}", style="red" if code else None, soft_wrap=True, markup=False)
    raise typer.Exit(int(code))


@contextmanager
def complaints(refused: Exit = Exit.FAILED, another: str = "with --url or --data") -> Iterator[None]:
    """Turn what can go wrong for a person at a terminal into one line and the right exit code.

    `refused` is that of a server that answers, and refuses; `another` how this command is told of another.
    """
    try:
        yield
    except httpx2.TransportError as error:
        leave_with(Exit.UNREACHABLE, _unreached(error, another))
    except StoreUnavailable as error:
        leave_with(Exit.UNREACHABLE, f"can't be reached: {error!r}")
    except httpx2.HTTPStatusError as error:
        leave_with(refused, _problem(error.response))
    except (FolderHeld, FolderMixed, PortTaken) as error:
        leave_with(Exit.FAILED, str(error))
    except Refused as error:
        leave_with(Exit.FAILED, f"{error.title}: {error.detail}")
    except FileNotFoundError as error:
        leave_with(Exit.USAGE, f"there is no {error.filename}" if error.filename else str(error))
    except (IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError) as error:
        leave_with(Exit.USAGE, f"{error.filename}: {error.strerror}")
    except (SettingsError, KeyFileError, MappingError) as error:
        leave_with(Exit.USAGE, str(error))
    except json.JSONDecodeError:
        leave_with(Exit.FAILED, "what answers there is not Gatehouse: name another with --url")


def _unreached(error: httpx2.TransportError, another: str) -> str:
    """Where nothing answered, and what to do about it."""
    url = error.request.url
    if isinstance(error, httpx2.UnsupportedProtocol):
        return f"{str(url)!r} is not the address of a server: it begins with http:// or https://"
    place = f"{url.scheme}://{url.netloc.decode()}"
    return f"{place} can't be reached ({error}): start it with `gatehouse up`, or name another {another}"


def _problem(response: httpx2.Response) -> str:
    """A refusal of the server in words, as far as it speaks problem details (RFC 9457)."""
    try:
        problem = response.json()
    except ValueError:
        return f"HTTP {response.status_code} from {response.url}"
    if not isinstance(problem, dict):
        return f"HTTP {response.status_code} from {response.url}"
    title = problem.get("title", response.status_code)
    if response.status_code == httpx2.codes.NOT_FOUND:
        return f"{title}: {response.url.path}"
    told = [str(problem.get("detail", "")), *_details(problem.get("errors"))]
    if response.status_code == httpx2.codes.UNAUTHORIZED:
        place = response.url.netloc.decode()
        return f"{title}: {problem.get('detail', '')}; give one that {place} takes (--token), or its folder (--data)"
    return f"{title}: {'; '.join(dict.fromkeys(words for words in told if words))}"


def _details(errors: object) -> Iterator[str]:
    """What is told of each single error; what answers may be no server of ours."""
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            yield str(error.get("detail", ""))
