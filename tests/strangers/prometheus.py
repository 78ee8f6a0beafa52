"""Prometheus itself: `promtool`, which lints metrics in the text format, and the server, which asks for OpenMetrics."""

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from deploy.local.process import Child, EngineMissing, free_port

EVERY = "4s"
"""Between two scrapes, and the longest that one may take: what is judged is the format, not how busy the machine is."""


def program(name: str) -> str:
    """Where `promtool` or `prometheus` is; EngineMissing when it is not on the path."""
    found = shutil.which(name)
    if found is None:
        raise EngineMissing(f"Prometheus' {name} is not on the path (Debian: apt-get install prometheus)")
    return found


def version(name: str) -> str:
    """What the program says of its version."""
    said = subprocess.run([program(name), "--version"], capture_output=True, text=True, timeout=60, check=True)
    return (said.stdout + said.stderr).split(",")[1].split("(")[0].strip().removeprefix("version ")


def objections(metrics: bytes) -> list[str]:
    """What promtool says against metrics in the text format; it exits with 3 after lint, with 1 when it can't parse."""
    command = [program("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=metrics, capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).decode().strip()
    assert (done.returncode == 0) == (said == ""), f"exit code {done.returncode} with {said!r}"
    return said.splitlines()


@contextmanager
def scraping(targets: Mapping[str, str], folder: Path) -> Iterator["Scraper"]:
    """A Prometheus server that scrapes these, job to URL, every few seconds."""
    jobs = [
        {"job_name": job, "static_configs": [{"targets": [url.removeprefix("http://")]}]}
        for job, url in targets.items()
    ]
    (folder / "prometheus.yml").write_text(
        yaml.safe_dump({"global": {"scrape_interval": EVERY}, "scrape_configs": jobs})
    )
    address = f"127.0.0.1:{free_port()}"
    files = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    command = [program("prometheus"), *files, f"--web.listen-address={address}"]
    child = Child(command, log=folder / "prometheus.log")
    scraper = Scraper(f"http://{address}", frozenset(targets))
    try:
        child.wait_until(scraper.has_scraped_all, within=60)
        yield scraper
    finally:
        child.stop(within=30)


class Scraper:
    """What a running Prometheus knows."""

    def __init__(self, url: str, jobs: frozenset[str]) -> None:
        self._url, self._jobs = url, jobs

    def has_scraped_all(self) -> bool:
        """Whether every target was asked at least once, whatever became of it."""
        try:
            healths = self.healths()
        except (urllib.error.URLError, ConnectionError):  # not listening yet: asked again
            return False
        return healths.keys() == self._jobs and all(health != "unknown" for health, _ in healths.values())

    def healths(self) -> dict[str, tuple[str, str]]:
        """Job to health (up, down, unknown) and the last error in words."""
        found = self._get("/api/v1/targets")["activeTargets"]
        return {each["labels"]["job"]: (each["health"], each["lastError"]) for each in found}

    def jobs_with(self, metric: str) -> set[str]:
        """The jobs that gave that metric."""
        found = self._get(f"/api/v1/query?query={metric}")["result"]
        return {each["metric"]["job"] for each in found}

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:  # noqa: S310 - the loopback server above
            return json.load(answer)["data"]
