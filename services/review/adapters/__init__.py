"""What review meets outside of itself."""
