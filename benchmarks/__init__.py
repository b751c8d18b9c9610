"""What pages cost in proportion to each other: CPU time and SQL statements (`make bench`)."""
