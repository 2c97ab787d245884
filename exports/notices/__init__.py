"""Notices in plain English: who has not returned, what is blocked, what was published.

Made of the registers' names, dates and fixed sentences alone. Figures, findings, comments, paths
and messages of errors are never read, so that none can be told. Sending is no business of this
package.
"""
