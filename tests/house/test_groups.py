"""The local platform's groups: every role there is, each as a group of its own name."""

import yaml

from deploy.local.platform import GROUPS_FILE
from shared.policy.bundle import load_bundle
from shared.runtime.grants import GroupMapping
from shared.runtime.principals import ROLES


def test_every_role_can_be_had() -> None:
    groups = yaml.safe_load(GROUPS_FILE.read_text())["groups"]
    reviewers = {f"reviewer:{discipline}" for discipline in load_bundle().disciplines.disciplines}
    assert set(groups) == ROLES | reviewers
    assert all(granted == [name] for name, granted in groups.items())


def test_the_product_can_read_them() -> None:
    [grant] = GroupMapping.from_file(GROUPS_FILE).grants_of("anybody", {"groups": ["triager"]})
    assert (grant.role, grant.scope) == ("triager", "all")
