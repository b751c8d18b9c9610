"""`lti-tool demo`: one machine, nothing to set up. Secrets are made in VAR_DIR, the LMS is on loopback."""

OUTBOUND_ALLOW = "localhost,127.0.0.0/8,::1/128"
LOG_FORMAT = "text"
