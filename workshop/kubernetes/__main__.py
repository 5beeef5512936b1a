"""Writes what is generated in deploy/kubernetes, below the working directory."""

from pathlib import Path

from workshop.kubernetes import manifests


def main() -> None:
    """The rules first: the single file holds them too."""
    here = Path()
    manifests.PROMETHEUS_RULE.write_text(manifests.prometheus_rule(here), encoding="utf-8")
    manifests.SINGLE_FILE.write_text(manifests.single_file(here), encoding="utf-8")


if __name__ == "__main__":
    main()
