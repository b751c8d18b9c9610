"""A programmer's machine."""

BASE_URL = "http://127.0.0.1:8080"
OUTBOUND_ALLOW = "localhost,127.0.0.0/8,::1/128"
LOG_FORMAT = "text"
