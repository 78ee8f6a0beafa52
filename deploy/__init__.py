"""How Gatehouse is put up: manifests for a cluster, starters for one machine."""
