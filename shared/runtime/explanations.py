"""What each problem code means and what to do about it, in plain words, served at `/problems/{code}`."""

from collections.abc import Mapping
from typing import Final

EXPLANATIONS: Final[Mapping[str, str]] = {
    "already-decided": "A decision stands already. Read it; only a new review can lead to another one.",
    "already-exists": "There is one with this identity already. Read it instead of making it again.",
    "bad-signature": "The signature was not made over exactly these bytes with a secret known for this endpoint. "
    "Sign the raw body, and check which secret is in force.",
    "body-too-large": "JSON may have 1 MiB; uploads have their own limit, named in the detail.",
    "duplicate-key": "Readers disagree about which of two equal keys counts, so none is taken. Send each key once.",
    "event-too-large": "A fact may have 60 KiB. Attach long texts as evidence and refer to them.",
    "evidence-digest-mismatch": "What arrived is not what was announced. Compute its SHA-256 again and resend.",
    "example-data": "This folder holds example data (or real data) and takes no other kind. Use another folder.",
    "forbidden": "You are known, but your roles do not include this. Ask whoever grants roles, not this server.",
    "idempotency-in-flight": "The first request with this key is not answered yet. Wait, then send the same again.",
    "idempotency-missing": "Send an Idempotency-Key header, unique per intention: a retry with it can't act twice.",
    "idempotency-reused": "This key stands for another request. Use a new one, or repeat that request unchanged.",
    "invalid-answer": "The form lists the answers it takes; `unknown` is always one of them.",
    "invalid-field": "The errors name each field with a JSON pointer and say what it needs.",
    "invalid-query": "A query parameter, page size or cursor is not one this list takes. A cursor fits one query.",
    "invalid-text": "Text may hold line breaks and tabs, but no other control characters and no halves of characters.",
    "invalid-tile": "Tile paths follow the C2SP tlog-tiles specification.",
    "invalid-time": "Times carry a zone; only what happened outside may be dated by the caller, never ahead.",
    "log-frozen": "The store is not the newest copy of its log: a witness remembers more, or something else. Nothing "
    "is appended until the newest copy is back, so that history does not fork. The detail says who remembers what.",
    "malformed-json": "The body is not JSON that every reader understands alike: syntax, UTF-8, NaN, numbers beyond "
    "±(2^53-1), or nesting deeper than 32.",
    "malformed-request": "The request could not be understood as HTTP for this resource.",
    "method-not-allowed": "The Allow header names the methods this resource answers.",
    "misdirected": "The Host header names another server. Use the address this one was set up with.",
    "not-found": "There is nothing by that name, or it is outside of what you may see: the two look the same.",
    "precondition-required": "Two people may edit this. Send If-Match with the ETag you read, so that no edit is lost.",
    "prohibited-use": "A prohibited use is refused and recorded. Only a tier override by the board leads on.",
    "quorum-missing": "More votes of those entitled are needed before this can be decided.",
    "range-not-satisfiable": "Ask for at most five ranges, each inside the file.",
    "rate-limited": "You sent more requests than one principal may. Retry-After says in how many seconds to go on.",
    "segregation-of-duties": "Whoever asks does not decide, nor does their delegate. Somebody else must.",
    "stale-decision": "What you read before you decided has changed. Read again, then decide on what is there now.",
    "stale-signature": "The signed time is more than 300 seconds from ours. Check the clock, or send it afresh.",
    "storage-full": "There is no room; nothing of the request was kept. Try again with the same key later.",
    "too-contended": "Others changed the same thing five times meanwhile. Nothing was kept: retry with the same key.",
    "unauthenticated": "Send `Authorization: Bearer` with a valid access token (RFC 9068) or a service key.",
    "unavailable": "A part this needs can't be reached just now. Try again with the same key after Retry-After.",
    "unexpected": "The failure is ours and was recorded. Name the `instance` when you report it.",
    "unknown-field": "Only declared fields are taken; status, approvals and ids are never the caller's to set.",
    "unsupported-media-type": "Send the declared Content-Type, uncompressed.",
    "version-conflict": "It was changed after you read it. Read again, then edit what is there now.",
    "wrong-state": "The present state allows this no longer, or not yet. Read it to see what can be done.",
}
