"""An RTSP camera out of GStreamer's own server: the H.264 access units of a clip, looped, at a rate.

usage: rtsp-camera.py CLIP FPS [USER PASSWORD]

Prints one JSON line {"port": N} when it serves, at /live (H.264) and /audio (sound only). Reads one command a line from
its standard input and answers each with the command's name: stall (connections stay, no packet is sent), resume, garbage
(random bytes instead of pictures), drop (ends every connection), stop (drops, and refuses new ones), start; and `stamps-NAME`,
which says how the stamps of its packets run (WARPS).
"""

import json
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstApp, GstRtspServer  # noqa: E402

WARPS = {
    "right": lambda t: t,
    "still": lambda t: 0,
    "half": lambda t: t // 2,
    "hz8000": lambda t: t * 8000 // 90000,
    "steps": lambda t: t // Gst.SECOND * Gst.SECOND,
    # Three hours ahead, from the second second on.
    "ahead": lambda t: t if t < 2 * Gst.SECOND else t + 3 * 3600 * Gst.SECOND,
}

CAPS = "video/x-h264,stream-format=byte-stream,alignment=au"


def access_units(clip):
    """The clip's access units, parameter sets before each key picture: bytes, is it a key, by how much it is shown later."""
    pipeline = Gst.parse_launch(
        f'filesrc location="{clip}" ! qtdemux ! h264parse config-interval=-1 ! {CAPS} ! appsink name=sink sync=false'
    )
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    while sample := sink.try_pull_sample(5 * Gst.SECOND):
        buffer = sample.get_buffer()
        key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        units.append((buffer.extract_dup(0, buffer.get_size()), key, max(0, buffer.pts - buffer.dts)))
    pipeline.set_state(Gst.State.NULL)
    return units


class Camera:
    def __init__(self, clip, fps, credentials):
        self.units = access_units(clip)
        self.mode = "resume"
        self.warp = WARPS["right"]
        self.next = 0
        self.sources = []
        self.source_id = 0
        self.port = 0
        self.server = GstRtspServer.RTSPServer.new()
        self.server.set_address("127.0.0.1")
        self.server.set_service("0")
        mounts = self.server.get_mount_points()
        live = self.factory(f"appsrc name=pictures is-live=true format=time do-timestamp=true caps={CAPS} "
                            "! rtph264pay config-interval=-1 name=pay0 pt=96", credentials)
        live.connect("media-configure", self.configure)
        mounts.add_factory("/live", live)
        sound = "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay0 pt=0"
        mounts.add_factory("/audio", self.factory(sound, credentials))
        if credentials:
            auth = GstRtspServer.RTSPAuth()
            token = GstRtspServer.RTSPToken()
            token.set_string("media.factory.role", "viewer")
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(*credentials), token)
            self.server.set_auth(auth)
        self.start()
        GLib.timeout_add(1000 // fps, self.push)

    @staticmethod
    def factory(launch, credentials):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {launch} )")
        factory.set_shared(True)
        if credentials:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_role("viewer")
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        return factory

    def configure(self, _factory, media):
        source = media.get_element().get_child_by_name("pictures")
        self.sources.append(source)
        # A viewer can begin only with a key picture.
        self.next = 0
        payloader = media.get_element().get_child_by_name("pay0")
        payloader.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self.stamper())
        media.connect("unprepared", lambda _media: self.sources.remove(source))

    def stamper(self):
        start = []

        def stamp(_pad, info):
            buffer = info.get_buffer()
            start[:] = start or [buffer.pts]
            buffer.pts = start[0] + self.warp(buffer.pts - start[0]) + buffer.offset
            return Gst.PadProbeReturn.OK

        return stamp

    def push(self):
        if self.mode == "stall" or not self.sources:
            return True
        unit, key, later = self.units[self.next]
        self.next = (self.next + 1) % len(self.units)
        if self.mode == "garbage":
            unit = b"\0\0\0\1\x41" + os.urandom(len(unit))
        for source in self.sources:
            buffer = Gst.Buffer.new_wrapped(unit)
            buffer.offset = later
            if not key:
                buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
            source.emit("push-buffer", buffer)
        return True

    def start(self):
        if self.source_id:
            return
        self.server.set_service(str(self.port))
        self.source_id = self.server.attach(None)
        if not self.source_id:
            raise SystemExit("cannot listen")
        self.port = self.server.get_bound_port()

    def drop(self):
        self.server.client_filter(lambda _server, _client: GstRtspServer.RTSPFilterResult.REMOVE)

    def obey(self, command):
        if command in ("stall", "resume", "garbage"):
            self.mode = command
        elif command.startswith("stamps-"):
            self.warp = WARPS[command.removeprefix("stamps-")]
        elif command == "drop":
            self.drop()
        elif command == "stop":
            GLib.source_remove(self.source_id)
            self.source_id = 0
            self.drop()
        elif command == "start":
            self.start()
        else:
            raise SystemExit(f"no such command: {command}")
        print(command, flush=True)


def main():
    Gst.init(None)
    clip, fps, *credentials = sys.argv[1:]
    camera = Camera(clip, int(fps), credentials)
    loop = GLib.MainLoop()
    commands = Gio.DataInputStream.new(Gio.UnixInputStream.new(0, False))

    def heard(stream, result):
        line, _length = stream.read_line_finish_utf8(result)
        if line is None:
            loop.quit()
            return
        camera.obey(line)
        stream.read_line_async(GLib.PRIORITY_DEFAULT, None, heard)

    commands.read_line_async(GLib.PRIORITY_DEFAULT, None, heard)
    print(json.dumps({"port": camera.port}), flush=True)
    loop.run()


main()
