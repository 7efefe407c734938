"""Uvicorn's HTTP protocol, for clients that offer to go on in another one: they are answered in HTTP/1.1.

A server that does not take up an offer serves the request as if it had not been made (RFC 9110, section 7.8). Java's
HttpClient offers HTTP/2 with each first request; the parser then takes its body for the other protocol, and reads no
more of this one. So such a head is read again, without the offer. Start at `PlainProtocol.read`.
"""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

OFFERS: Final = (b"upgrade", b"http2-settings")
"""Headers, and what `Connection` says of them."""


class PlainProtocol(HttpToolsProtocol):
    """One connection."""

    @property
    def is_offered_another(self) -> bool:
        """Whether the head that was just read makes an offer: then nothing is done about it before it is read again."""
        return self.parser.should_upgrade()

    def data_received(self, data: bytes) -> None:
        """Take the next bytes."""
        try:
            self.read(data)
        except httptools.HttpParserError as error:
            self.send_400_response(f"this is no request in HTTP/1.1: {_hint(data) or error}")

    def read(self, data: bytes) -> None:
        """Parse the next bytes. Raises: `HttpParserError`."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self.parser.get_method() == b"CONNECT":
                    raise httptools.HttpParserError("CONNECT is for proxies, which Janua is none of") from offer
                data = self._head_without_offers() + data[offer.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            else:
                return

    def _head_without_offers(self) -> bytes:
        kept = [b": ".join(_without_offers(*each)) for each in self.headers if each[0] not in OFFERS]
        version = self.parser.get_http_version().encode()
        first = self.parser.get_method() + b" " + self.url + b" HTTP/" + version
        return b"\r\n".join([first, *kept, b"\r\n"])


def _without_offers(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name != b"connection":
        return name, value
    tokens = [token for each in value.split(b",") if (token := each.strip()).lower() not in OFFERS]
    return name, b", ".join(tokens)


def _hint(data: bytes) -> str:
    return "it looks like TLS; use http:// here" if data.startswith(b"\x16\x03") else ""
