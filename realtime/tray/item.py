"""``Item``: the icon over D-Bus, by the interface ``org.kde.StatusNotifierItem``."""

from typing import Annotated, Any

from dbus_fast.annotations import DBusInt32, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from realtime.tray import dbus_menu
from realtime.tray.dbus_menu import constant
from realtime.tray.icons import pixmaps
from realtime.tray.menu import Icon
from realtime.tray.tray import OnAction

INTERFACE = "org.kde.StatusNotifierItem"
PATH = "/StatusNotifierItem"

Pixmaps = Annotated[list[Any], DBusSignature("a(iiay)")]
ToolTip = Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]


class Item(ServiceInterface):
    """Serves one icon. It carries its pixels, so that it needs no installed theme.

    Args:
        on_action: called for a click on the icon.
    """

    Category = constant("Category", "s", "ApplicationStatus")
    Id = constant("Id", "s", "greenless")
    Title = constant("Title", "s", "greenless")
    Status = constant("Status", "s", "Active")
    WindowId = constant("WindowId", "i", 0)
    IconName = constant("IconName", "s", "")
    IconThemePath = constant("IconThemePath", "s", "")
    OverlayIconName = constant("OverlayIconName", "s", "")
    OverlayIconPixmap = constant("OverlayIconPixmap", "a(iiay)", [])
    AttentionIconName = constant("AttentionIconName", "s", "")
    AttentionIconPixmap = constant("AttentionIconPixmap", "a(iiay)", [])
    AttentionMovieName = constant("AttentionMovieName", "s", "")
    ItemIsMenu = constant("ItemIsMenu", "b", False)

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

    @dbus_property(access=PropertyAccess.READ)
    def IconPixmap(self) -> Pixmaps:
        """The icon at every size."""
        return [list(pixmap) for pixmap in pixmaps(self._icon)]

    @dbus_property(access=PropertyAccess.READ)
    def ToolTip(self) -> ToolTip:
        """What the pointer shows."""
        return ["", [], "greenless", self._title]

    @dbus_property(access=PropertyAccess.READ)
    def Menu(self) -> DBusObjectPath:
        """Where the menu is."""
        return dbus_menu.PATH
