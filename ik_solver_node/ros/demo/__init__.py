"""
The demo: the node at work in a terminal or on a page, and a referee that believes nothing.

=====================  ============================================================================
__main__, view         what is started, in a terminal or with a page
plans, processes       who takes part in each mode, with which parameters; how they start and end
targets, programmes    the source of targets, and what it sends when; `path` says where they are
referee, judgement     who judges, and its words; by the mode in `score`, `moves`, `following`
arm, watch, limits     what the referee knows of the arm, sees of it, and allows it
common                 what the nodes of source and referee share
=====================  ============================================================================
"""
