"""What is shipped to deploy is what the tools that take it understand: Compose, hadolint, the Kubernetes schema."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "kubernetes"
PARTS = ROOT / "collector" / "config"
MANIFESTS = sorted(path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml")


def documents(path: Path) -> list[dict[str, Any]]:
    """The resources of a file."""
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


def containers(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The containers of a workload; none of other resources."""
    found: list[dict[str, Any]] = resource.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    return found


WORKLOADS = [
    pytest.param(resource, id=resource["metadata"]["name"])
    for path in MANIFESTS
    for resource in documents(path)
    if containers(resource)
]


def test_the_operator_s_rules_are_the_shipped_ones() -> None:
    """The rules of the Prometheus operator are written from the rule files: python kubernetes/make.py."""
    result = subprocess.run(
        [sys.executable, str(KUBERNETES / "make.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert (0, "") == (result.returncode, result.stdout)


@pytest.mark.parametrize("resource", WORKLOADS)
def test_workloads_are_confined_bounded_and_asked_how_they_are(resource: dict[str, Any]) -> None:
    """Nobody is root, nothing can be written but volumes, memory has an end, and all three probes are there."""
    pod = resource["spec"]["template"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    for one in containers(resource):
        assert one["securityContext"]["readOnlyRootFilesystem"]
        assert ["ALL"] == one["securityContext"]["capabilities"]["drop"]
        assert one["resources"]["limits"]["memory"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= one.keys()
        mounted = {volume["name"] for volume in one["volumeMounts"]}
        known = {volume["name"] for volume in pod["volumes"]}
        claimed = {claim["metadata"]["name"] for claim in resource["spec"].get("volumeClaimTemplates", ())}
        assert mounted == known | claimed


@pytest.mark.parametrize("path", sorted(KUBERNETES.rglob("kustomization.yaml")), ids=lambda path: path.parent.name)
def test_resources_that_are_named_are_there(path: Path) -> None:
    """Each resource of a kustomization exists; a folder has a kustomization of its own."""
    named = [path.parent / name for name in yaml.safe_load(path.read_text())["resources"]]

    assert [] == [one for one in named if not (one.is_file() or (one / "kustomization.yaml").is_file())]


def test_tiers_are_composed_of_parts_that_they_are_given() -> None:
    """Each part in a collector's arguments is in the ConfigMap it mounts, and the collector's own parts make the ConfigMap."""
    (generated,) = yaml.safe_load((PARTS / "kustomization.yaml").read_text())["configMapGenerator"]
    given = {f"--config=/etc/otelcol/{Path(name).name}" for name in generated["files"]}
    asked = {
        argument
        for path in (KUBERNETES / "base").glob("*.yaml")
        for resource in documents(path)
        for one in containers(resource)
        for argument in one["args"]
    }
    mounts = "".join((KUBERNETES / "base" / f"{tier}.yaml").read_text() for tier in ("node", "gateway"))

    assert [] == [name for name in generated["files"] if not (PARTS / name).is_file()]
    assert asked <= given
    assert 2 == mounts.count(f"configMap: {{name: {generated['name']}}}")


def test_tiers_and_agents_find_each_other() -> None:
    """Nodes send to the gateways' service, agents to the nodes', under the names these have."""
    text = {path.stem: path.read_text() for path in MANIFESTS}
    services = {
        f"{one['metadata']['name']}.observability.svc.cluster.local"
        for path in MANIFESTS
        for one in documents(path)
        if one["kind"] == "Service"
    }
    named = set(re.findall(r"[\w-]+\.observability\.svc\.cluster\.local", "".join(text.values())))

    assert named == services


@pytest.fixture(scope="module")
def tools() -> Path:
    """Folder of the programs, installed as requirements/deploy.txt pins them."""
    place, pins = ROOT / "build" / "deploy", (ROOT / "requirements" / "deploy.txt").read_text()
    stamp = place / "installed"
    if not stamp.exists() or stamp.read_text() != pins:
        venv.create(place, with_pip=True, clear=True)
        wanted = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements/deploy.txt"]
        subprocess.run([place / "bin" / "pip", "install", *wanted], cwd=ROOT, check=True, timeout=280)
        stamp.write_text(pins)
    return place / "bin"


def said(*command: str | Path) -> str:
    """What a program says against a file."""
    result = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=dict(os.environ),
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr or f"status {result.returncode}"


@pytest.mark.e2e
def test_compose_takes_the_composition(tools: Path) -> None:
    """The real Compose understands every service of every profile."""
    command = [tools / "docker-compose", "-f", "docker/compose.yaml", "--profile", "*", "config", "--format", "json"]
    result = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=True, timeout=100)
    services = json.loads(result.stdout)["services"]

    assert "demo" in services
    assert [] == [name for name, one in services.items() if not one.get("healthcheck")]


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["collector", "demo"])
def test_hadolint_has_nothing_to_say(tools: Path, name: str) -> None:
    """The Dockerfiles are as hadolint wants them."""
    assert "" == said(tools / "hadolint", "--no-color", f"docker/{name}/Dockerfile")


@pytest.mark.e2e
def test_kubernetes_schema_takes_every_manifest(tools: Path) -> None:
    """Each resource is what Kubernetes' own schema allows, and nothing else; but those of the Prometheus operator."""
    paths = [path for path in MANIFESTS if path.parent.name != "prometheus-operator"]

    assert "" == said(tools / "kubernetes-validate", "--strict", *paths)
    assert 4 == len(paths)
