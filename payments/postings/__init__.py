"""How each event of taking money reads in the books: the accountant's pages. Pure functions."""
