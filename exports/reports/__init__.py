"""The benchmarking reports: one page for each authority, read by its director and its data lead.

`facts` reads the marts once for all of them, `authority` says what a page holds, `words` puts it
in plain English, `content` puts the product together. Figures are the marts'; none is made here.
"""
