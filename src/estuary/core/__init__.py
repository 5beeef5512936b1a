"""What Estuary is: resources, records, use cases and ports. No I/O, no HTTP, no driver."""
