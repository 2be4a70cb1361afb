"""Reading a multipart form into an upload folder, piece by piece: no part is ever held in memory."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from libs.common.errors import Code, SluiceError
from services.gateway.uploads.folder import UploadFolder


class UploadForm:
    """Takes the body of a request as it comes. Parts without a file name are passed over."""

    def __init__(self, content_type: str, folder: UploadFolder) -> None:
        """SluiceError invalid_request if the content type is not that of a multipart form."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise _wrong("the body is not a multipart form with a boundary")
        self._folder = folder
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._is_file = False
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._part_ends,
                    "on_end": self._ends,
                },
            )
        except FormParserError as error:
            raise _wrong(str(error)) from error

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the body; blocks on the disk. OSError, or SluiceError invalid_request."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _wrong(str(error)) from error

    def close(self) -> None:
        """The body is over; SluiceError invalid_request if it broke off, or brought no file."""
        if not self._ended:
            raise _wrong("the form breaks off before its end")
        if not self._folder.accepted:
            raise _wrong("the form has no file to ingest: send them as `files`")

    def _part_begins(self) -> None:
        self._disposition = b""
        self._is_file = False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        # A form whose file field was left empty sends one part with an empty name.
        if name := options.get(b"filename", b""):
            self._is_file = True
            self._folder.begin(_text(name))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._folder.write(data[start:end])

    def _part_ends(self) -> None:
        if self._is_file:
            self._folder.end()

    def _ends(self) -> None:
        self._ended = True


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _wrong(detail: str) -> SluiceError:
    return SluiceError(Code.INVALID_REQUEST, f"upload: {detail}")
