"""What two parts or more need; it knows no part."""
