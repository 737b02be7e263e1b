"""The web server that the API and the console share: its guards, its parts, uploads, and the socket it listens at."""

from overt.web.parts import Part
from overt.web.service import Service
from overt.web.serving import address_of, bind, serve_app

__all__ = ["Part", "Service", "address_of", "bind", "serve_app"]
