"""What makes and checks parts of the checkout; nothing here is installed."""
