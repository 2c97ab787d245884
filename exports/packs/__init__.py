"""Packs for the peer challenge: what each cluster's authorities could ask each other.

`content` puts the files together; `registers` says who and when, `figures` and `narrative` what is
known, `questions` what to ask; `pages` and `form` lay out. No figure is computed here.
"""
