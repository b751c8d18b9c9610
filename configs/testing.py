"""The test suites: secrets that protect nothing."""

BASE_URL = "https://tool.test"
SECRET_KEY = "a-secret-of-the-tests-that-protects-nothing"
KEY_ENCRYPTION_KEY = "mU3LQ0cSY1D0yFZJj0nB8C1Yq6gKQx8mBq4vJw0y3bM="
OUTBOUND_ALLOW = "localhost,127.0.0.0/8,::1/128"
TESTING = True
LOG_FORMAT = "text"
