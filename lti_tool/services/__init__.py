"""What the tool does, one file per noun. Services take the acting member first; they flush, never commit."""
