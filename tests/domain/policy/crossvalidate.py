"""How well weights of this shape do on rows they were not fitted to: `python -m tests.domain.policy.crossvalidate`.

The rows with a label are parted in random halves. On one half whole points for the attributes that the default
bundle weighs are fitted anew (by logistic regression, rounded), on the other half they are measured.
"""

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from statistics import fmean, pstdev

from services.intake.mappings import Row, load_mapping
from shared.policy.bundle import Bundle, load_bundle
from shared.policy.condition import given

LABEL = "Is the AI use case rights-impacting, safety-impacting, both, or neither?"
SHARE_MEANT = 0.27  # of all rows at tier high: what fitting aims at, so that other rows stay under 0.30
SCALE = 3.0  # points for one natural logarithm of odds
EPOCHS = 40
PULL = 0.01
Term = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """One labelled row: what it answered on each weighted attribute, and its label."""

    terms: tuple[tuple[Term, ...], ...]
    impacting: bool


@dataclass(frozen=True)
class Figure:
    """Recall of impacting rows at tier high, and the share of all rows there."""

    recall: float
    share: float


def cases_of(bundle: Bundle, file: Path, mapping: str = "us-federal-2024") -> list[Case]:
    """The rows of the file that carry a label."""
    reader, cases = load_mapping(mapping), []
    attributes = [weight.attribute for weight in bundle.rules.weights]
    for row in reader.read(file):
        if isinstance(row, Row) and (label := reader.label_of(row.raw, LABEL)) is not None:
            terms = tuple(tuple((name, value) for value in given(row.answers, name)) for name in attributes)
            cases.append(Case(terms, label))
    return cases


def shipped(bundle: Bundle) -> dict[Term, int]:
    """The points of the bundle."""
    return {
        (weight.attribute, choice): points
        for weight in bundle.rules.weights
        for choice, points in (*weight.points.items(), ("unknown", weight.unknown))
    }


def measure(points: dict[Term, int], least: int, cases: Sequence[Case]) -> Figure:
    """What these points find among these cases."""
    high = [case.impacting for case in cases if _score(points, case) >= least]
    impacting = sum(case.impacting for case in cases)
    return Figure(sum(high) / impacting, len(high) / len(cases))


def _score(points: dict[Term, int], case: Case) -> int:
    return sum(max(points.get(term, 0) for term in terms) for terms in case.terms)


def fitted(cases: Sequence[Case], seed: int) -> tuple[dict[Term, int], int]:
    """Whole points, none below zero, fitted to these cases, and the least score of tier high."""
    slopes = _logistic(cases, random.Random(seed))
    mildest: dict[str, float] = {}
    for (attribute, _), slope in slopes.items():
        mildest[attribute] = min(slope, mildest.get(attribute, slope))
    points = {term: round(SCALE * (slope - mildest[term[0]])) for term, slope in slopes.items()}
    scores = sorted((_score(points, case) for case in cases), reverse=True)
    # The lowest threshold that still keeps the share at tier high where it is meant to be.
    return points, scores[int(SHARE_MEANT * len(scores))] + 1


def _logistic(cases: Sequence[Case], rng: random.Random) -> dict[Term, float]:
    """Slopes of a logistic regression on the answers, by stochastic descent with a small pull to zero."""
    slopes: dict[Term, float] = {term: 0.0 for case in cases for terms in case.terms for term in terms}
    constant, order = 0.0, list(cases)
    for epoch in range(EPOCHS):
        rng.shuffle(order)
        rate = 0.1 / (1 + epoch / 10)
        for case in order:
            terms = [term for terms in case.terms for term in terms]
            odds = constant + sum(slopes[term] for term in terms)
            error = case.impacting - 1 / (1 + exp(-odds))
            constant += rate * error
            for term in terms:
                slopes[term] += rate * (error - PULL * slopes[term])
    return slopes


def halves(cases: Sequence[Case], seed: int) -> tuple[list[Case], list[Case]]:
    """The cases in two random halves."""
    order = list(cases)
    random.Random(seed).shuffle(order)
    return order[: len(order) // 2], order[len(order) // 2 :]


def cross_validated(cases: Sequence[Case], rounds: int) -> list[Figure]:
    """Two figures a round: fitted on either half, measured on the other."""
    figures = []
    for seed in range(rounds):
        one, other = halves(cases, seed)
        figures += [measure(*fitted(one, seed), other), measure(*fitted(other, seed), one)]
    return figures


def _line(name: str, figures: Sequence[Figure]) -> str:
    recall, share = [f.recall for f in figures], [f.share for f in figures]
    return (
        f"{name}: recall {fmean(recall):.3f} (sd {pstdev(recall):.3f}), "
        f"share at tier high {fmean(share):.3f} (sd {pstdev(share):.3f}), over {len(figures)} halves"
    )


def main(file: Path, rounds: int = 10) -> None:
    """Print the shipped points' figures and the cross-validated ones."""
    bundle = load_bundle()
    cases, least = cases_of(bundle, file), bundle.rules.thresholds["high"]
    whole = measure(shipped(bundle), least, cases)
    print(f"shipped, all {len(cases)} rows: recall {whole.recall:.3f}, share at tier high {whole.share:.3f}")  # noqa: T201
    parts = [half for seed in range(rounds) for half in halves(cases, seed)]
    print(_line("shipped, halves", [measure(shipped(bundle), least, half) for half in parts]))  # noqa: T201
    print(_line("refitted on one half, measured on the other", cross_validated(cases, rounds)))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
