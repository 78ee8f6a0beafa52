"""When two e-mail addresses are the same."""

from string import ascii_lowercase, ascii_uppercase
from typing import Final

_A_TO_Z: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def folded(email: str) -> str:
    """An address as it is compared: A to Z in lower case, and all else as it stands.

    Unicode's own folding makes one of two domains (`straße.example` and `strasse.example`) that different people have.
    """
    return email.translate(_A_TO_Z)
