"""The release gate: who may be given what, the one way a product is written, and the record of it.

An export that is not authorised does not exist. Belongs here: reading the registers, deciding,
putting a product in place whole, delivering it, the egress log. Does not belong here: what is in a
product (its own module), disclosure control, Dagster.
"""
