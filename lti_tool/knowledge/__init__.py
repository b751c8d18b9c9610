"""What people write, made safe to keep and to show. Pure: text in, text out."""
