"""What people of the example say when they rule."""

from collections.abc import Mapping
from typing import Final

OPTIONS: Final = ("approve", "approve with conditions", "reject")

FOR: Final = (
    "The benefit is clear and the risks are held by what was built.",
    "I read the evaluation by slice; it meets the thresholds.",
    "Oversight and rollback were shown to work; I am in favour.",
    "The disciplines have no objection, and neither have I.",
)
AGAINST: Final = (
    "What is left of the risk falls on people who can't object to it.",
    "The evidence does not carry what is asked for.",
    "I would wait until the open question is closed.",
)

CONDITIONS: Final[Mapping[str, str]] = {
    "product": "Tell users in the product that a model is at work, before the first of them meets it.",
    "ml-evaluation": "Repeat the evaluation on live data after four weeks and file the result.",
    "architecture-mlops": "Pin the model's version and rehearse the rollback.",
    "security": "Close the finding on prompt injection and have it tested again.",
    "privacy": "Redact names in the prompt log and delete it after thirty days.",
    "legal-ip": "Show where generated text comes from wherever it quotes.",
    "compliance": "File the record of decisions for the regulator's inspection.",
    "trust-safety": "Test the alert on leaked personal data before the first customer.",
    "data-governance": "Complete the sheet of the training data with its lawful basis.",
    "accessibility": "Check the answers with a screen reader.",
    "sre": "Name the on-call team and rehearse the incident playbook.",
    "customer-assurance": "Give customers the summary of the evaluation that they ask for.",
    "vendor-management": "Have the vendor sign the notice of model changes.",
}
"""What a discipline typically makes its approval depend on."""

QUESTIONS: Final = (
    "The paper does not say what happens when the model abstains.",
    "The figures are not split by the groups that the intake names.",
    "The rollback is described but was never rehearsed.",
)
"""For what a discipline sends a review back."""

RECUSED: Final = "I advised the team on this system last year."
STEPPED_IN: Final = "The lead of the discipline has stepped back from this review."
NOT_APPLICABLE: Final = "Nothing that it does touches what this discipline looks after."

MITIGATION: Final = "Isolate the component that acts from customers' networks before the launch: six weeks of work."
INSISTS: Final = (
    "An attacker who controls one input controls the component that acts. Isolation first; until then no launch."
)
ACCEPTS: Final = (
    "We would rather keep the launch date and accept the risk: the attack needs an insider, and we watch for it."
)
DISPUTE_OPTIONS: Final = (
    "launch on the planned date and accept the residual risk",
    "launch after the mitigation, six weeks later",
    "reject",
)
FRAMING: Final = (
    "Product would launch now and accept that an insider could misuse the component; security would isolate it first, "
    "which costs six weeks. The risk is high, hard to reverse and borne by customers, so the launch waits for the "
    "mitigation. Only security may lift it."
)
GO_WITH_GAPS: Final = (
    "The gaps are named and none of them hides a risk that could not be undone: go, on condition that they are closed."
)
NO_GO: Final = "The effect on people can't be justified by what the evidence shows: no."
