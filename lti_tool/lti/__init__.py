"""The adapter to the learning management systems: the only package that imports PyLTI1p3.

Everything an LMS says is put into our own words here (`launch`), and everything we ask of one leaves here
(`http`, `scores`). Nothing in this package knows what a community is.
"""
