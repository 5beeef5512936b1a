"""The servers that tests bring along: real ones, one a file, from the machine or from a wheel."""
