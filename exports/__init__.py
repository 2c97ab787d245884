"""Published marts in, files for people and other bodies out. The only importer of Jinja and plotly.

Belongs here: choosing rows, rounding, symbols, layout. Does not belong here: computing a figure,
deciding who may receive one (the release gate has done that), Dagster, the environment.
"""
