"""Configuration: one table of variables, and the only reader of the environment."""
