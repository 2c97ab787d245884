"""The quarter's reports: a page for each authority, the London overview, and the first page.

`facts` reads the marts once for all authorities, `authority` says what the page of one holds,
`words` puts it in plain English, `london` and `index` are the pages on everybody, `content` puts
the product together. Figures are the marts'; none is made here.
"""
