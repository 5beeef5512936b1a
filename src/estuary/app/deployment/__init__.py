"""What can be found out about a deployment: asked for at once, each within its time."""
