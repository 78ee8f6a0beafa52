"""How Gatehouse's cost grows with its log: a synthetic portfolio through the stores, and each part measured on it.

Part of the product, because whoever runs it asks this of their own machine. How it compares with bare parts is measured
beside the tests (`tests/bench`), on the same portfolio.
"""
