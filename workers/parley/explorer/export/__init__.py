"""Verified sources, ABIs and signatures of a deployment, as block explorers read them.

`verified` compares what the chain carries with the sources, `layout` says which files that makes, `folder` writes them.
"""
