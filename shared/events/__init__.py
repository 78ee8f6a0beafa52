"""The published language: the envelope that carries a fact, the facts themselves, and the catalogue that names them."""
