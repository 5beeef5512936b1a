"""Where records that were read lately are kept at hand: in this process, or in Redis for all replicas."""
