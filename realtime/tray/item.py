"""``Item``: the icon over D-Bus, by the interface ``org.kde.StatusNotifierItem``."""

from typing import Annotated, Any

from dbus_fast.annotations import DBusBool, DBusInt32, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from realtime.tray import dbus_menu
from realtime.tray.icons import pixmaps
from realtime.tray.menu import Icon
from realtime.tray.tray import OnAction

INTERFACE = "org.kde.StatusNotifierItem"
PATH = "/StatusNotifierItem"
_READ = PropertyAccess.READ

Pixmaps = Annotated[list[Any], DBusSignature("a(iiay)")]
ToolTip = Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]


class Item(ServiceInterface):
    """Serves one icon. It carries its pixels, so that it needs no installed theme.

    Args:
        on_action: called for a click on the icon.
    """

    def __init__(self, on_action: OnAction) -> None:
        super().__init__(INTERFACE)
        self._on_action = on_action
        self._icon: Icon = "greenless-off"
        self._title = "greenless"

    def show(self, icon: Icon, title: str) -> None:
        """Show this icon, with ``title`` under the pointer."""
        before, self._icon, self._title = (self._icon, self._title), icon, title
        if before[0] != icon:
            self.NewIcon()
        if before[1] != title:
            self.NewToolTip()

    @dbus_method()
    def Activate(self, x: DBusInt32, y: DBusInt32) -> None:
        """Take a click: open the page."""
        self._on_action(("page",))

    @dbus_method()
    def SecondaryActivate(self, x: DBusInt32, y: DBusInt32) -> None:
        """Take a click of the middle button: close or open the shutter."""
        self._on_action(("shutter", "toggle"))

    @dbus_method()
    def ContextMenu(self, x: DBusInt32, y: DBusInt32) -> None:
        """Do nothing, because the desktop draws ``Menu``."""

    @dbus_method()
    def Scroll(self, delta: DBusInt32, orientation: DBusStr) -> None:
        """Do nothing."""

    @dbus_signal()
    def NewIcon(self) -> None:
        """Say that the icon changed."""

    @dbus_signal()
    def NewToolTip(self) -> None:
        """Say that the text changed."""

    @dbus_property(access=_READ)
    def Category(self) -> DBusStr:
        """What it is."""
        return "ApplicationStatus"

    @dbus_property(access=_READ)
    def Id(self) -> DBusStr:
        """Name of the program."""
        return "greenless"

    @dbus_property(access=_READ)
    def Title(self) -> DBusStr:
        """Name of the program, for people."""
        return "greenless"

    @dbus_property(access=_READ)
    def Status(self) -> DBusStr:
        """Never hidden."""
        return "Active"

    @dbus_property(access=_READ)
    def WindowId(self) -> DBusInt32:
        """There is no window."""
        return 0

    @dbus_property(access=_READ)
    def IconName(self) -> DBusStr:
        """There is none, see ``IconPixmap``."""
        return ""

    @dbus_property(access=_READ)
    def IconPixmap(self) -> Pixmaps:
        """The icon at every size."""
        return [list(pixmap) for pixmap in pixmaps(self._icon)]

    @dbus_property(access=_READ)
    def IconThemePath(self) -> DBusStr:
        """The icon is in no theme."""
        return ""

    @dbus_property(access=_READ)
    def OverlayIconName(self) -> DBusStr:
        """Nothing lies over the icon."""
        return ""

    @dbus_property(access=_READ)
    def OverlayIconPixmap(self) -> Pixmaps:
        """Nothing lies over the icon."""
        return []

    @dbus_property(access=_READ)
    def AttentionIconName(self) -> DBusStr:
        """No other icon asks for attention, see ``Status``."""
        return ""

    @dbus_property(access=_READ)
    def AttentionIconPixmap(self) -> Pixmaps:
        """No other icon asks for attention, see ``Status``."""
        return []

    @dbus_property(access=_READ)
    def AttentionMovieName(self) -> DBusStr:
        """Nothing moves."""
        return ""

    @dbus_property(access=_READ)
    def ToolTip(self) -> ToolTip:
        """What the pointer shows."""
        return ["", [], "greenless", self._title]

    @dbus_property(access=_READ)
    def ItemIsMenu(self) -> DBusBool:
        """A click does something else than the menu."""
        return False

    @dbus_property(access=_READ)
    def Menu(self) -> DBusObjectPath:
        """Where the menu is."""
        return dbus_menu.PATH
