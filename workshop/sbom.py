"""Writes the bill of materials to dist/: what uv.lock and the pages bring into image and executable.

uv exports it as CycloneDX; it does not know Estuary's own version, which is not in the lock file.
"""

import json
import subprocess
from pathlib import Path

from estuary import __version__

ROOT = Path(__file__).parents[1]
COMMAND = (
    *("workshop/uv", "export", "--quiet", "--locked", "--no-dev"),
    *("--all-extras", "--no-extra", "client", "--no-extra", "dev"),
    *("--format", "cyclonedx1.5", "--preview-features", "sbom-export"),
)

reported = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=True).stdout
bill = json.loads(reported)
bill["metadata"]["component"] |= {
    "type": "application",
    "version": __version__,
    "licenses": [{"license": {"id": "Apache-2.0"}}],
}
vendored = json.loads((ROOT / "src/estuary/pages/vendored.json").read_text())
packages = {(each["package"], each["version"], each["licence"]) for each in vendored}
bill["components"] += [
    {
        "type": "library",
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{name}@{version}",
        "licenses": [{"license": {"id": licence}}],
    }
    for name, version, licence in sorted(packages)
]

target = ROOT / f"dist/estuary-{__version__}.cdx.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps(bill, indent=2) + "\n")
print(target.relative_to(ROOT))
