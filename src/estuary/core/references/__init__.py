"""References: fields whose values are ids of other records."""
