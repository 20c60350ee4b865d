"""The frame's own request: which charsets it believes."""

import io
import json
import zlib

import pytest
from django.core.handlers.wsgi import WSGIRequest

from config.wsgi import TextRequest, application


def environ(charset, body=b"", query="search=a"):
    return {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": query,
        "CONTENT_TYPE": f"application/json; charset={charset}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }


@pytest.mark.parametrize(
    "charset", ["zlib", "bz2", "hex", "rot13", "punycode", "undefined", "nonsense", "a\0b"]
)
def test_a_charset_that_is_no_text_encoding_is_not_believed(charset):
    """Python names compressions among its codecs: 50 kB of zlib would inflate to 50 MB before any limit is asked."""
    body = zlib.compress(json.dumps({"reason": "a" * 1_000_000}).encode())
    request = TextRequest(environ(charset, body))
    assert request.encoding is None
    assert request.GET["search"] == "a"
    assert request.body == body


def test_without_it_such_a_request_does_not_even_reach_the_middleware():
    with pytest.raises(LookupError):
        WSGIRequest(environ("rot13"))


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "utf-16", "us-ascii", "ISO-8859-1"])
def test_a_text_encoding_is(charset):
    assert TextRequest(environ(charset, query="")).encoding == charset


def test_the_web_process_uses_it():
    assert application.request_class is TextRequest
