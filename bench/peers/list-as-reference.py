"""Lists as the reference module does: a scan of the directory, and for each gateway one s6-svstat."""

import json
import subprocess
import sys
from pathlib import Path

PREFIX = "gateway-"
gateways = []
for entry in Path(sys.argv[1]).iterdir():
    if entry.name.startswith(PREFIX) and entry.is_dir():
        answer = subprocess.run(["s6-svstat", str(entry)], capture_output=True, text=True, timeout=5)
        running = answer.returncode == 0 and "up " in answer.stdout
        gateways.append({"profile": entry.name[len(PREFIX) :], "running": running})
print(json.dumps({"gateways": gateways}))
