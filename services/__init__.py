"""The services of Gatehouse, the embedded run that plays them all, and the command line."""
