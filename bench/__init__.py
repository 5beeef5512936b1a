"""How fast Estuary is, as ratios to other servers that the same run measured on the same machine."""
