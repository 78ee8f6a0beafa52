"""Row 23: what is sent reaches the log as text inside of one JSON line, and never as a line of its own."""

import json
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.hostile.site import Site
from tests.journey.walker import wait_for

FORGED = '{"event": "request", "level": "info", "status": 200, "forged": true}'
TRICKS = {
    "line": f"\r\n{FORGED}\r\n",
    "next": f"\u0085\u2028{FORGED}\u2029",
    "terminal": "\x1b[2K\x1b[1A\x1b]0;title\x07",
    "direction": "\u202e\u2066evil\u2069\u200f",
    "backspace": "ok\b\b\x7fno",
}


def lines(site: Site, mark: str) -> list[str]:
    """The log's lines that mention a mark, once there are any."""
    found = wait_for(lambda: [line for line in site.place.log.split("\n") if mark in line], f"{mark} in the log")
    return list(found)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_path_is_one_escaped_line_of_the_log(site: Site, trick: str) -> None:
    mark = f"m{uuid4().hex}"
    answer = site.send("GET", f"/intake/v1/{mark}{quote(TRICKS[trick])}", "rita")
    assert answer.status_code == 404
    (line,) = lines(site, mark)
    assert is_one_line(line)
    assert json.loads(line)["path"] == f"/intake/v1/{mark}{TRICKS[trick]}"


@pytest.mark.parametrize("trick", ["line", "next", "direction"])
def test_text_is_taken_as_it_is_and_forges_no_line(site: Site, trick: str) -> None:
    mark = f"m{uuid4().hex}"
    name, found_in = f"{mark} bot", f"{mark}{TRICKS[trick]}".replace("\r\n", "\u2028")
    site.done("POST", "/intake/v1/discoveries", "rita", {"name": name, "found_by": "scan", "found_in": found_in})
    made = site.done("POST", "/intake/v1/intakes", "rita", {"name": mark, "owner": "omar"})
    path = f"/intake/v1/intakes/{made['intake_id']}"
    site.done("POST", f"{path}/withdraw", "rita", {"reason": f"{mark}{TRICKS[trick]}"})
    site.send("GET", f"/intake/v1/{mark}", "rita")
    assert all(is_one_line(line) for line in lines(site, mark))


@pytest.mark.parametrize("header", ["User-Agent", "traceparent", "Idempotency-Key", "X-Request-Id", "Referer", "Host"])
def test_a_header_forges_no_line(site: Site, header: str) -> None:
    mark = f"m{uuid4().hex}"
    headers = {name.encode(): text.encode() for name, text in site.headers("rita").items() if name != header}
    value = f"{mark}{TRICKS['direction']}".encode()
    answer = site.client.get(f"/intake/v1/{mark}", headers={**headers, header.encode(): value})
    assert answer.status_code == (421 if header == "Host" else 404)
    assert all(is_one_line(line) for line in lines(site, mark))


def is_one_line(line: str) -> bool:
    """Whether a line is JSON in characters that no terminal acts upon."""
    return isinstance(json.loads(line), dict) and line.isascii() and line.isprintable()


def test_every_line_of_the_log_is_one_json_object_and_none_is_forged(site: Site) -> None:
    """All that the attacks of this session made the server log, whichever ran before."""
    mark = f"m{uuid4().hex}"
    site.send("GET", f"/intake/v1/{mark}{quote(TRICKS['line'])}", "rita")
    lines(site, mark)
    told = [json.loads(line) for line in site.place.log.split("\n")[:-1]]
    assert all(isinstance(one, dict) and {"event", "level", "timestamp"} <= one.keys() for one in told)
    assert not any("forged" in one for one in told)
