"""Where records are kept: one adapter a file, each with its driver to itself."""
