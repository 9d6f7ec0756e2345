"""The gateway (数据接入网关): devices in the field speak here, and nothing that was acknowledged is lost.

A protocol splits what a connection sends into frames, examines frames of many connections at once, and decodes kept
frames as columns; it opens no socket and writes no file. The server moves bytes, the inbox keeps them on disk before an
answer goes out, the compactor turns what was kept into rows of datasets, exactly once.
"""
