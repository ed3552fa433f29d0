"""The local page: the same audit as the command line, for people who never open a terminal.

Extra `web`. One process serves pages, audits run in processes of their own, and everything is kept
in one data folder: uploaded files, results, decisions, catalogues.
"""
