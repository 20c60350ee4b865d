"""What this app can import; files.apps finds this module by itself."""

from capital.imports.opening import OpeningBalanceImporter

__all__ = ["OpeningBalanceImporter"]
