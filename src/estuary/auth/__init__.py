"""Authentication: verification of bearer tokens, and the issuers' keys for it."""
