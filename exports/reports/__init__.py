"""The quarter's reports: a page for each authority, the London overview, and the first page."""
