"""The plugin host: finds plugins, checks them, and hands out what they offer."""

from gmplug.host.host import Host, PluginInfo, is_script

__all__ = ["Host", "PluginInfo", "is_script"]
