"""Records outside a store: as lines, as a sealed backup, as files that are whole or not there."""
