"""How the tables that are there become those that are declared; imported only to find that out."""
