"""How each event of paying out reads in the books: the accountant's pages. Pure functions."""
