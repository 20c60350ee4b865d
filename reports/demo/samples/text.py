"""What the samples draw with."""

from core.drawing import BOLD, REGULAR, arabic_digits, drawn, is_arabic, register_fonts

__all__ = ["BOLD", "REGULAR", "arabic_digits", "drawn", "is_arabic", "register_fonts"]
