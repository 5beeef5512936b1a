"""Who is asking: tokens verified, and the issuers' keys that it takes."""
