"""Units of systemd and sessions of logind on a D-Bus of their own: `fake_system_bus.py ADDRESS`. Run by the
system's Python, which has the bindings (python3-dbus, python3-gi)."""
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

SYSTEMD = "org.freedesktop.systemd1"
LOGIND = "org.freedesktop.login1"
NONE = dbus.UInt64(2**64 - 1)

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
BUS = dbus.bus.BusConnection(sys.argv[1])


class Thing(dbus.service.Object):
    def __init__(self, path, interface, properties):
        super().__init__(BUS, path)
        self.properties = {(interface, name): value for name, value in properties.items()}

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        if (interface, name) not in self.properties:
            raise dbus.exceptions.DBusException(f"no property {name}")
        return self.properties[(interface, name)]


class Systemd(Thing):
    @dbus.service.method(f"{SYSTEMD}.Manager", out_signature="a(ssssssouso)")
    def ListUnits(self):
        def unit(name, load, active, path):
            return (name, "", load, active, "", "", path, dbus.UInt32(0), "", "/")
        return [unit("web.service", "loaded", "active", "/web"),
                unit("gone.service", "not-found", "inactive", "/gone"),
                unit("data.mount", "loaded", "active", "/data"),
                unit("web.socket", "loaded", "failed", "/socket"),
                unit("daily.timer", "loaded", "active", "/timer")]


class Logind(Thing):
    @dbus.service.method(f"{LOGIND}.Manager", out_signature="a(so)")
    def ListSeats(self):
        return [("seat0", "/seat0")]

    @dbus.service.method(f"{LOGIND}.Manager", out_signature="a(susso)")
    def ListSessions(self):
        return [("1", dbus.UInt32(0), "root", "seat0", "/one"), ("2", dbus.UInt32(7), "me", "", "/two")]


THINGS = [
    Systemd("/org/freedesktop/systemd1", f"{SYSTEMD}.Manager",
            {"Version": "252.39-1~deb12u2", "SystemState": "running"}),
    Thing("/web", f"{SYSTEMD}.Service",
          {"Type": "notify", "NRestarts": dbus.UInt32(3), "TasksCurrent": dbus.UInt64(7), "TasksMax": NONE}),
    Thing("/socket", f"{SYSTEMD}.Socket",
          {"NAccepted": dbus.UInt32(5), "NConnections": dbus.UInt32(1), "NRefused": dbus.UInt32(2)}),
    Thing("/timer", f"{SYSTEMD}.Timer", {"LastTriggerUSec": dbus.UInt64(1_500_000_000_000_000)}),
    Logind("/org/freedesktop/login1", f"{LOGIND}.Manager", {}),
    Thing("/one", f"{LOGIND}.Session", {"Remote": False, "Type": "tty", "Class": "user"}),
    Thing("/two", f"{LOGIND}.Session", {"Remote": True, "Type": "strange", "Class": "user"}),
]
NAMES = [dbus.service.BusName(name, BUS) for name in (SYSTEMD, LOGIND)]
print("ready", flush=True)
GLib.MainLoop().run()
