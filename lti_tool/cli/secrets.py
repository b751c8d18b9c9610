"""`lti-tool secrets`: new random values for the settings that need them."""

import secrets as randomness

import click
from cryptography.fernet import Fernet


@click.command(help="Print new values for SECRET_KEY and KEY_ENCRYPTION_KEY. Keep them out of backups.")
def secrets() -> None:
    """Print two lines for an environment file."""
    for name, value in made().items():
        click.echo(f"LTI_TOOL_{name}={value}")


def made() -> dict[str, str]:
    """Return new secrets by the name of their setting."""
    return {
        "SECRET_KEY": randomness.token_urlsafe(48),
        "KEY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }
