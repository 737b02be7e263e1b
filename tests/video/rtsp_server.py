"""A real RTSP server with a moving picture (GStreamer's). Run by the system's Python, which has GStreamer's bindings.

Arguments: port, width, height. Prints `ready` when it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
port, width, height = sys.argv[1:4]
server = GstRtspServer.RTSPServer()
server.set_service(port)
server.set_address("127.0.0.1")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball "
    f"! video/x-raw,width={width},height={height},framerate=12/1,format=I420 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=12 bitrate=400 ! rtph264pay name=pay0 pt=96 )"
)
factory.set_shared(True)
server.get_mount_points().add_factory("/gate", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
