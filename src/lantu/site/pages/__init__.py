"""The pages (页面), one module for each subject: each gives its addresses as `routes`."""
