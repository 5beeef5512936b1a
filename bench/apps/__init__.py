"""What the contenders serve: each module is one application, loaded by that contender's server."""
