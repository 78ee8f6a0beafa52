"""The commands of `gatehouse`, one file each; `services/cli.py` lists them."""
