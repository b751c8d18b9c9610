"""Programs that set up, check and lock the project; they need nothing but the standard library."""
