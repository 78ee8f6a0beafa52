"""An organisation that does not exist, and two years of its AI portfolio: what `gatehouse demo` plays."""
