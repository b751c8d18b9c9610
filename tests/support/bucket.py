"""A real S3 server on this machine (moto's), with an empty bucket."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from moto.server import ThreadedMotoServer

from lti_tool.settings import Bucket

_numbers = count(1)


@contextmanager
def s3_server() -> Iterator[str]:
    """Run the server; yield its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(server: str) -> Bucket:
    """Make a bucket that nobody else uses."""
    name = f"files-{next(_numbers)}"
    with urllib.request.urlopen(urllib.request.Request(f"{server}/{name}", method="PUT")):
        return Bucket(server, name, "us-east-1", "key", "secret")


def url_of(bucket: Bucket) -> str:
    """Return the STORAGE_URL of a bucket."""
    where = bucket.endpoint.removeprefix("http://")
    return f"s3://{bucket.key}:{bucket.secret}@{where}/{bucket.name}?region={bucket.region}&https=no"
