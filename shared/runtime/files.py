"""Files as answers, whose refusals of a Range header are problem details as all our refusals are."""

from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable

from shared.refusals import Refused


class Unsatisfiable(Refused):
    """A range beyond the file's end; `headers` say how long the file is (RFC 9110 section 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__("range-not-satisfiable", f"the file has {size} bytes")
        self.headers = {"Content-Range": f"bytes */{size}"}


class KeptFile(FileResponse):
    """A file, or up to five parts of it. Raises `Refused` while it is sent: `range-not-satisfiable`,
    `malformed-request`."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        # The one place where Starlette tells what it would answer as plain text.
        try:
            return super()._parse_range_header(http_range, file_size)
        except RangeNotSatisfiable as error:
            raise Unsatisfiable(error.max_size) from error
        except MalformedRangeHeader as error:
            raise Refused("malformed-request", "the Range header names no bytes of a file") from error
