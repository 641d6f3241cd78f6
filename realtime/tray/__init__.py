"""The tray: an icon and its menu, which control a run without a terminal.

    menu ◀── App ──▶ Child            the process of the run, ``greenless run``
               │ └─▶ web.client       the control of the run, as for ``greenless ctl``
               ▼
             Tray                     the desktop: ``status_notifier`` (Linux), ``pystray_icon`` (Windows, macOS)

The run is a process of its own. A crash in a camera driver or a runtime cannot take the icon with it, the menu can show
why the run ended, and the process with the icon stays small.
"""
