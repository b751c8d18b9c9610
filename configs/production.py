"""A server: everything that matters comes from the environment."""
