"""Bad input and attacks, and the answer to each: the one table that the tests and `docs/reliability.md` read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx2

from shared.refusals import CATALOGUE


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of bad input. `code` is a problem's code; None where no single problem is the answer: then `words` say
    what is, and `held_by` names the test that holds it.
    """

    row: int
    sent: str
    status: int | None
    code: str | None = None
    words: str = ""
    held_by: str = ""

    @property
    def answer(self) -> str:
        """The answer in one cell."""
        return " ".join(part for part in (str(self.status or ""), self.code or "", self.words) if part)

    def holds(self, response: httpx2.Response) -> bool:
        """Whether that is the answer, as problem details of this very type."""
        return self.complaint(response) is None

    def complaint(self, response: httpx2.Response) -> str | None:
        """What is wrong with an answer; None where nothing is."""
        if response.status_code != self.status:
            return f"{response.status_code} {response.text[:300]}"
        return _unlike(response, self.code) if self.code is not None else None


def _unlike(response: httpx2.Response, code: str) -> str | None:
    if response.headers.get("content-type") != "application/problem+json":
        return f"content type {response.headers.get('content-type')}"
    told = response.json()
    expected = {"type": f"/problems/{code}", "title": CATALOGUE[code][1], "status": CATALOGUE[code][0]}
    found = {name: told.get(name) for name in expected}
    if found != expected or told.get("instance") != f"urn:uuid:{response.headers['x-request-id']}":
        return str(told)
    if response.status_code == 401 and not response.headers.get("www-authenticate", "").startswith("Bearer"):
        return "401 without WWW-Authenticate"
    if response.status_code in (429, 503, 507) and not response.headers.get("retry-after", "").isdigit():
        return f"{response.status_code} without Retry-After"
    return None


CASES: Final[Mapping[str, Case]] = {
    "number": Case(1, "`NaN`, `Infinity`, `1e400` in JSON", 400, "malformed-json"),
    "text": Case(2, "a lone surrogate, NUL or another C0 control in text or in a key", 422, "invalid-text"),
    "twice": Case(3, "a key twice in one object, at any depth", 400, "duplicate-key"),
    "field": Case(4, "an unknown or server-owned field (`status`, `approved_by`, `tenant`)", 422, "unknown-field"),
    "syntax": Case(5, "depth over 32, an integer of 5,000 digits, invalid UTF-8, a cut body", 400, "malformed-json"),
    "large": Case(
        6,
        "JSON over 1 MiB, batch over 16, evidence over 25, delivery over 5 MiB; told or chunked",
        413,
        "body-too-large",
    ),
    "event": Case(6, "a command whose fact would exceed 60 KiB", 413, "event-too-large"),
    "media": Case(7, "a wrong or no Content-Type, another charset, a Content-Encoding", 415, "unsupported-media-type"),
    "keyless": Case(8, "a command without Idempotency-Key", 400, "idempotency-missing"),
    "reused": Case(8, "a key used before with another body", 422, "idempotency-reused"),
    "in-flight": Case(8, "a key whose first request is still running", 409, "idempotency-in-flight"),
    "replay": Case(
        8,
        "a repeat of an answered request",
        None,
        None,
        "the first answer again, `replayed: true`",
        "test_a_repeat_gets_the_first_answer_again",
    ),
    "stale-tag": Case(9, "a stale If-Match", 412, "version-conflict"),
    "no-tag": Case(9, "no If-Match where one text is edited", 428, "precondition-required"),
    "forged": Case(
        10,
        "no token; `alg` none; RS256 turned HS256; an unknown `kid`; `jku`, `x5u`, `jwk`, `crit`",
        401,
        "unauthenticated",
    ),
    "untimely": Case(
        11, "an expired or early token; no `exp`; another `iss` or `aud`; an ID token", 401, "unauthenticated"
    ),
    "role": Case(12, "a valid token whose roles lack what is asked", 403, "forbidden"),
    "header": Case(
        12,
        "forged `X-User`, `X-Forwarded-*`, `Forwarded`",
        None,
        None,
        "ignored",
        "test_headers_that_anybody_can_set_name_nobody",
    ),
    "foreign": Case(
        13, "an object of another portfolio", 404, "not-found", "with the body and the time of one that is absent"
    ),
    "stale": Case(15, "a ruling that names other evidence or another policy than are in force", 409, "stale-decision"),
    "hmac": Case(16, "a delivery with a bad or missing HMAC, or re-serialised", 401, "bad-signature"),
    "late": Case(17, "a delivery whose signed time is over 300 s away", 401, "stale-signature"),
    "again": Case(17, "the same delivery id, or the same bytes, again", 200, None, "without effect"),
    "lines": Case(
        23,
        "CR, LF, ANSI and bidi in what reaches a log",
        None,
        None,
        "one escaped JSON line, none forged",
        "test_every_line_of_the_log_is_one_json_object_and_none_is_forged",
    ),
    "often": Case(24, "more requests than a principal may send", 429, "rate-limited", "and Retry-After"),
    "page": Case(24, "a page over 500; a bad cursor", 422, "invalid-query"),
    "ranges": Case(24, "over five Range parts", 416, "range-not-satisfiable"),
    "slow": Case(
        24, "headers that drip", None, None, "closed within 10 s", "test_headers_that_drip_are_cut_within_ten_seconds"
    ),
    "tile": Case(25, "a malformed tile path; a partial tile of width 0 or 256", 400, "invalid-tile"),
    "beyond": Case(25, "a tile beyond the log's end", 404, "not-found"),
    "witness": Case(
        25,
        "a witness misused",
        None,
        None,
        "400 malformed, 403 not trusted, 404 unknown log, 409 another size, 422 no proof",
        "test_a_witness_that_is_misused_answers_as_its_specification_says",
    ),
}


def as_markdown() -> str:
    """The table as it stands in `docs/reliability.md`."""
    lines = ["| # | sent | answer |", "|---|---|---|"]
    lines += [f"| {case.row} | {case.sent} | {case.answer} |" for case in CASES.values()]
    return "\n".join(lines)
