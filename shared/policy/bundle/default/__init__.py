"""The default governance policy: data only."""
