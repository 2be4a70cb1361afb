"""Why something is passed over, where no pattern of people's did it."""

BIN = "bin or system folder"
HIDDEN = "hidden"
SIDECAR = "sidecar"
SYSTEM_FILE = "system file"
