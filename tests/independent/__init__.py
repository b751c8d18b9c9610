"""The tool against other people's platform code: Open edX's LTI consumer. README.md says what is whose."""
