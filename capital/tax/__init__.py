"""The arithmetic of tax. Pure: rates and amounts in, amounts out."""

from capital.tax.included import TaxedAmount, TaxTerms, split_tax

__all__ = ["TaxTerms", "TaxedAmount", "split_tax"]
