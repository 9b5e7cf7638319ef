"""Parley: federated learning among parties who do not trust each other, settled on Ethereum."""

__version__ = "0.1.0"
