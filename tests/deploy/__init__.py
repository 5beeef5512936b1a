"""What `deploy/` and `make build` bring: each artefact read, checked or run by the tools it is made for."""
