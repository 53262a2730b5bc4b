"""The plugin host: finds plugins, checks them, and returns what they offer."""

from gmplug.host.host import Host, PluginInfo, is_script
