"""The manifests are valid, and every pod keeps to the Pod Security Standards' profile "restricted"."""

import re
from copy import deepcopy
from typing import Any

import kubernetes_validate
import pytest
import yaml

from shared.runtime.settings import PREFIX, SERVICES, Settings
from tests.house.tree import ROOT

BASE = ROOT / "deploy" / "k8s" / "base"
KUBERNETES = "1.32"  # the oldest that we claim; the newest that the validator knows is checked too
ROLES = ("api", "relay", "consumer", "worker")


def objects() -> list[dict[str, Any]]:
    resources = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    return [document for name in resources for document in yaml.safe_load_all((BASE / name).read_text())]


def named(document: dict[str, Any]) -> str:
    return f"{document['kind']}/{document['metadata']['name']}"


OBJECTS = objects()
PODS = [document for document in OBJECTS if document["kind"] in ("Deployment", "Job")]
DEPLOYMENTS = [document for document in PODS if document["kind"] == "Deployment"]


def test_every_file_of_the_base_is_in_the_kustomization() -> None:
    listed = set(yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"])
    assert listed == {file.name for file in BASE.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("version", [KUBERNETES, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("document", OBJECTS, ids=named)
def test_it_is_valid(document: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


def test_validation_can_fail() -> None:
    broken = deepcopy(DEPLOYMENTS[0])
    broken["spec"]["replicsa"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)


def test_there_is_a_deployment_for_every_service_and_role() -> None:
    present = {document["metadata"]["name"] for document in DEPLOYMENTS}
    assert present == {f"{service}-{role}" for service in SERVICES for role in ROLES}


@pytest.mark.parametrize("document", PODS, ids=named)
def test_a_pod_is_restricted(document: dict[str, Any]) -> None:
    assert violations(document["spec"]["template"]["spec"]) == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
        (("containers", 0, "securityContext", "readOnlyRootFilesystem"), False),
        (("containers", 0, "securityContext", "capabilities", "drop"), []),
        (("containers", 0, "image"), "gatehouse:latest"),
        (("containers", 0, "image"), "gatehouse"),
        (("securityContext", "runAsNonRoot"), False),
        (("securityContext", "seccompProfile", "type"), "Unconfined"),
        (("automountServiceAccountToken",), True),
        (("hostNetwork",), True),
        (("volumes", 0), {"name": "host", "hostPath": {"path": "/"}}),
        (("containers", 0, "resources"), {}),
    ],
)
def test_each_rule_of_the_profile_is_looked_at(where: tuple[str | int, ...], value: object) -> None:
    pod = deepcopy(DEPLOYMENTS[0]["spec"]["template"]["spec"])
    place = pod
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    assert len(violations(pod)) == 1


@pytest.mark.parametrize("document", DEPLOYMENTS, ids=named)
def test_a_deployment_selects_its_own_pods_and_answers_probes(document: dict[str, Any]) -> None:
    template = document["spec"]["template"]
    assert document["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
    labels = template["metadata"]["labels"]
    service, role = labels["app.kubernetes.io/name"], labels["app.kubernetes.io/component"]
    [container] = template["spec"]["containers"]
    assert container["args"] == ["services.run", "--role", role, "--service", service]
    paths = {
        probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


def test_a_service_leads_to_its_api() -> None:
    for service in SERVICES:
        [found] = [document for document in OBJECTS if named(document) == f"Service/{service}"]
        selector = found["spec"]["selector"]
        assert any(document["spec"]["selector"]["matchLabels"] == selector for document in DEPLOYMENTS)


def test_the_namespace_enforces_the_restricted_profile() -> None:
    [namespace] = [document for document in OBJECTS if document["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_what_is_not_allowed_is_denied() -> None:
    [deny] = [document for document in OBJECTS if named(document) == "NetworkPolicy/default-deny"]
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_setting_it_names_exists() -> None:
    [settings] = [document for document in OBJECTS if named(document) == "ConfigMap/gatehouse"]
    assert set(settings["data"]) <= {PREFIX + field.upper() for field in Settings.model_fields}
    Settings.from_environment(settings["data"])


def test_no_secret_lies_in_the_base() -> None:
    assert not [document for document in OBJECTS if document["kind"] == "Secret"]


def violations(pod: dict[str, Any]) -> list[str]:
    """What the profile "restricted" forbids, and what we forbid beyond it."""
    found = [f"{field} is shared with the host" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field)]
    if pod.get("automountServiceAccountToken") is not False:
        found.append("a service account's token is mounted")
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser", 0) == 0:
        found.append("may run as root")
    if context.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        found.append("no seccomp profile")
    allowed = {"configMap", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    found += [
        f"volume {volume['name']}" for volume in pod.get("volumes", []) if not volume.keys() - {"name"} <= allowed
    ]
    return found + [complaint for container in pod["containers"] for complaint in container_violations(container)]


def container_violations(container: dict[str, Any]) -> list[str]:
    found = []
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        found.append("may gain privileges")
    if context.get("capabilities", {}).get("drop") != ["ALL"] or context["capabilities"].get("add"):
        found.append("keeps capabilities")
    if context.get("readOnlyRootFilesystem") is not True:
        found.append("may write to its image")
    if not re.search(r":\d+\.\d+\.\d+$", container["image"]):
        found.append(f"moving tag: {container['image']}")
    if not container.get("resources", {}).get("limits"):
        found.append("no limits")
    return found
