"""The charts of the reports, as plotly figures in their JSON form: data in, figure out.

Figures are plain dicts: building thousands through plotly's classes takes minutes, and tests hold
each kind against those classes. What is shown beside a chart, and where, is the page's business.
"""
