"""HTTP/1.1 on asyncio: the adapter used in production (RFC 9110, RFC 9112).

The parser is llhttp, Node.js's own, through httptools; strict in all that request smuggling lives on. What
stands around it (connections, deadlines, bodies, answers) is Estuary's own, for it is the hottest part of a
request's way. Granian, the fastest server for Python otherwise, hands every request over from a thread of
its own to the interpreter's; and it has neither limits nor deadlines for bodies.
"""
