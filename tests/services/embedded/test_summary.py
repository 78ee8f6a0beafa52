"""What a demo's summary says of logs that are not whole."""

from services.example import showing


def test_what_is_bad_as_a_whole_is_told_without_a_position() -> None:
    answer = {"verified": False, "projections": "unknown", "services": {}}
    for position, said in (
        (None, "first bad: review: a forged head"),
        (7, "first bad: review at position 7: a forged head"),
    ):
        bad = {"service": "review", "position": position, "reason": "a forged head"}
        assert showing._logs({**answer, "first_bad": bad}).caption == said
