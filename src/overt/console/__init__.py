"""The console: web pages for operators, officers, authorising officers, auditors and administrators, over casework.

Pages are made on the server and work as plain HTML; scripts of the project's own, a few, add what a page cannot do
alone: what happens live, comparing two pictures, a phone that loses its network. See ARCHITECTURE.md for why.
"""

from overt.console.app import create_console

__all__ = ["create_console"]
