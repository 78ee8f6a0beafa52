"""All use cases of intake, built once over one store and one policy bundle."""

from dataclasses import dataclass

from services.intake.domain.rules import Rules
from services.intake.handlers.checking import Checking
from services.intake.handlers.describing import Describing
from services.intake.handlers.discoveries import Discoveries
from services.intake.handlers.forgetting import Forgetting
from services.intake.handlers.joining import Joining
from services.intake.handlers.living import Living
from services.intake.handlers.overriding import Overriding
from services.intake.handlers.retelling import Retelling
from services.intake.handlers.systems import Systems
from services.intake.handlers.training import Training
from services.intake.handlers.triaging import Triaging
from shared.policy.bundle import Bundle
from shared.runtime.people import People
from shared.store.port import EventStore


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What intake can do."""

    systems: Systems
    checking: Checking
    describing: Describing
    retelling: Retelling
    triaging: Triaging
    living: Living
    overriding: Overriding
    discoveries: Discoveries
    training: Training
    forgetting: Forgetting
    joining: Joining


def use_cases(store: EventStore, bundle: Bundle, people: People) -> UseCases:
    """The use cases over this store."""
    systems = Systems(store, Rules(bundle), bundle.version)
    checking = Checking(bundle, people)
    discoveries = Discoveries(store)
    describing = Describing(systems, checking, discoveries)
    return UseCases(
        systems=systems,
        checking=checking,
        describing=describing,
        retelling=Retelling(systems, checking, describing),
        triaging=Triaging(systems, bundle.form),
        living=Living(systems),
        overriding=Overriding(systems),
        discoveries=discoveries,
        training=Training(store),
        forgetting=Forgetting(store, people),
        joining=Joining(store, people),
    )
