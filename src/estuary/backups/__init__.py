"""Records outside a store: as lines, as backups with a checksum, as files that are written atomically."""
