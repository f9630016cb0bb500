"""A pulled plug: processes killed, servers stopped, disks full; what was answered stays."""
