"""Forms (表单) of the site. What a value must be is decided by the ledgers; a form gathers and shows."""
