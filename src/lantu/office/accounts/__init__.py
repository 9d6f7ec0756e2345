"""Accounts (账号): who signs in, for which unit and area, in which role."""
