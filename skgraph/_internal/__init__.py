"""Private helpers of the package: no interface, and free to change."""
