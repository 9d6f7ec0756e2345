"""How dates are written on every page, in both languages: 2021-06-30."""
