"""The variables of the configuration, one section a file; `settings` joins them in one table."""
