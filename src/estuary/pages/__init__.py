"""Pages for a browser: their files, and how these are read. Nothing is imported where no page is on."""
