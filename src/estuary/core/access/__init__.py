"""Access: who may do what with whose records, as declared, and as it is decided for one asker."""
