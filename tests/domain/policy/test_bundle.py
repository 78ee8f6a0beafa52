"""The bundle: read whole or refused with every reason, and one digest for one content."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.policy.bundle import Bundle, load_bundle
from shared.policy.schema import InvalidBundle

Edited = Callable[..., Path]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _errors(folder: Path) -> str:
    with pytest.raises(InvalidBundle) as invalid:
        load_bundle(folder)
    return "\n".join(invalid.value.errors)


def _attribute(content: Any, name: str) -> Any:
    return next(one for one in content["attributes"] if one["id"] == name)


def _rule(content: Any, kind: str, tier: str | None = None) -> Any:
    return next(
        one for one in content["decisions"] if one["kind"] == kind and (tier is None or tier in one.get("tiers", ()))
    )


def _trigger(content: Any, name: str) -> Any:
    return next(one for one in content["triggers"] if one["id"] == name)


def test_the_default_bundle_loads_and_names_itself(bundle: Bundle) -> None:
    assert bundle.version == "2026.1"
    assert len(bundle.digest) == 64
    assert [tier.id for tier in bundle.tiers.tiers] == ["low", "medium", "high", "prohibited"]
    assert [kpi.number for kpi in bundle.kpis] == [1, 2, 3, 4, 5]


def test_a_bundle_cannot_be_changed(bundle: Bundle) -> None:
    with pytest.raises(FrozenInstanceError):
        bundle.version = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        bundle.rules.auto_confirm = False  # type: ignore[misc]


def test_the_same_content_has_the_same_digest_wherever_it_lies(bundle: Bundle, edited: Edited) -> None:
    assert load_bundle(edited("tiers", lambda content: None)).digest == bundle.digest


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("triage", lambda content: content["thresholds"].update(high=15)),
        ("bundle", lambda content: content.update(version="2026.2")),
        ("regions", lambda content: content["regions"][0].update(extra_holidays=["2026-12-24"])),
        ("regions", lambda content: content["years"].update(last=2034)),
    ],
)
def test_any_other_content_has_another_digest(
    bundle: Bundle, edited: Edited, file: str, change: Callable[[Any], Any]
) -> None:
    assert load_bundle(edited(file, change)).digest != bundle.digest


def test_the_digest_covers_the_holidays_that_the_calendar_package_gave(
    bundle: Bundle, edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    import holidays

    known = holidays.country_holidays
    monkeypatch.setattr(holidays, "country_holidays", lambda *a, **k: {**known(*a, **k), _day(2030, 7, 17): "new"})
    assert load_bundle(edited("tiers", lambda content: None)).digest != bundle.digest


def _day(*parts: int) -> Any:
    from datetime import date

    return date(*parts)


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        (
            "tiers",
            lambda c: c["tiers"][0].pop("label"),
            "tiers.yaml: Object missing required field `label` - at `$.tiers[0]`",
        ),
        ("tiers", lambda c: c["tiers"][0].update(colour="red"), "tiers.yaml: Object contains unknown field `colour`"),
        ("clocks", lambda c: c["clocks"]["review"].update(basis="lunar"), "clocks.yaml: Invalid enum value 'lunar'"),
        ("triage", lambda c: c["thresholds"].update(high="many"), "triage.yaml: Expected `int`, got `str`"),
        ("form", lambda c: c["attributes"][0].pop("personal"), "version: text declares `personal`"),
        ("form", lambda c: c["attributes"][3]["choices"].update(unknown="?"), "phase: `unknown` is always legal"),
        ("authority", lambda c: c["decisions"][2].pop("quorum"), "tier-upgrade: the board, and only the board"),
        ("kpis", lambda c: c["kpis"][0]["targets"][0].update(below=3), "either at_least or below"),
        (
            "authority",
            lambda c: _rule(c, "launch-contested")["quorum"].update(percent=0),
            "a quorum is 1 to 100 percent",
        ),
        ("authority", lambda c: _rule(c, "launch-contested")["quorum"].update(percent=500), "a quorum is 1 to 100"),
        ("authority", lambda c: _rule(c, "launch-contested")["quorum"].update(at_least=0), "and at least one vote"),
        (
            "authority",
            lambda c: _trigger(c, "residual-risk").update(to=[]),
            "residual-risk: a trigger goes to somebody",
        ),
        ("regions", lambda c: c["regions"][0].update(hours=[]), "region utc: no working hours"),
        ("bundle", lambda c: c.update(effective_from="soon"), "bundle.yaml: Invalid RFC3339 encoded date"),
        ("bundle", lambda c: c.update(effective_from="2026-02-30"), "bundle.yaml: Invalid RFC3339 encoded date"),
        ("clocks", lambda c: c["notices"][0].update(applies_from="soon"), "date - at `$.notices[0].applies_from`"),
        ("labels", lambda c: c["labels"][0].update(applies_from="soon"), "date - at `$.labels[0].applies_from`"),
        ("labels", lambda c: c["labels"][0].update(applies_until="1.1.2027"), "date - at `$.labels[0].applies_until`"),
        (
            "labels",
            lambda c: c["labels"][0].update(applies_until="2025-02-01"),
            "eu-ai-act-prohibited: it applies until a day before",
        ),
        ("regions", lambda c: c["regions"][0].update(weekend=list(WEEKDAYS)), "region utc: every day is a weekend"),
        ("regions", lambda c: c["regions"][0].update(weekend=["caturday"]), "region utc: no day is called caturday"),
        ("regions", lambda c: c["years"].update(first=2035, last=2018), "do not stand in order from 1900 to 2999"),
        ("regions", lambda c: c["years"].update(last=10**15), "do not stand in order from 1900 to 2999"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_its_place(
    edited: Edited, file: str, change: Callable[[Any], Any], complaint: str
) -> None:
    assert complaint in _errors(edited(file, change))


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        ("form", lambda c: c["attributes"].append(c["attributes"][0]), "form.yaml: attribute 'version' twice"),
        ("form", lambda c: c["attributes"][0].update(group="misc"), "form.yaml: version: there is no group 'misc'"),
        (
            "triage",
            lambda c: c["elevations"][0]["when"].append({"attribute": "mood", "any_of": ["bad"]}),
            "triage.yaml: significant-effect-on-rights: the form has no attribute 'mood'",
        ),
        (
            "triage",
            lambda c: c["elevations"][0]["when"].append({"attribute": "summary", "any_of": ["bad"]}),
            "summary is free text, and free text decides nothing",
        ),
        (
            "labels",
            lambda c: c["labels"][0]["when"].append({"attribute": "sector", "any_of": ["astrology"]}),
            "labels.yaml: eu-ai-act-prohibited: sector has no choice 'astrology'",
        ),
        ("triage", lambda c: c["elevations"][0].update(at_least="top"), "there is no tier 'top'"),
        ("triage", lambda c: c.update(prohibited_tier="high"), "prohibited_tier 'high' is not a prohibited tier"),
        (
            "tiers",
            lambda c: c["tiers"].append(c["tiers"][2] | {"id": "critical"}),
            "tiers.yaml: prohibited: a prohibited tier is the last: one above it would undo the prohibition",
        ),
        ("triage", lambda c: c["unknowns"].update(at_least="low"), "unknowns: at_least is the lowest tier"),
        (
            "triage",
            lambda c: c["unknowns"].update(critical_at_least="low"),
            "unknowns: critical_at_least is the lowest tier",
        ),
        (
            "form",
            lambda c: _attribute(c, "annex_iii_area").pop("needed"),
            "form.yaml: annex_iii_area: annex-iii-area of triage.yaml looks at it: it must be needed",
        ),
        (
            "form",
            lambda c: _attribute(c, "prohibited_practices").pop("needed"),
            "form.yaml: prohibited_practices: prohibited-practice of triage.yaml",
        ),
        (
            "clocks",
            lambda c: c["clocks"]["triage"]["by_tier"].pop("high"),
            "clocks.yaml: triage: nothing for tier 'high'",
        ),
        (
            "clocks",
            lambda c: c["clocks"]["answer"]["by_tier"].pop("prohibited"),
            "answer: nothing for tier 'prohibited'",
        ),
        ("clocks", lambda c: c["clocks"]["gathering"]["by_tier"].pop("low"), "gathering: nothing for tier 'low'"),
        ("clocks", lambda c: c["clocks"]["review"]["by_tier"].pop("medium"), "review: nothing for tier 'medium'"),
        ("clocks", lambda c: c["clocks"].pop("signoff"), "clocks.yaml: signoff: nothing for tier 'low'"),
        (
            "authority",
            lambda c: c["decisions"].insert(0, _rule(c, "launch") | {"tiers": ["high", "low"]}),
            "authority.yaml: launch: two rules for tier 'low'",
        ),
        (
            "authority",
            lambda c: c["decisions"].append(_rule(c, "disclosure")),
            "authority.yaml: disclosure: two rules for all tiers",
        ),
        (
            "authority",
            lambda c: _rule(c, "launch", "medium").update(tiers=["high"]),
            "authority.yaml: launch: nothing for tier 'medium'",
        ),
        ("authority", lambda c: c["decisions"].remove(_rule(c, "tier-confirmation")), "tier-confirmation: nothing for"),
        (
            "authority",
            lambda c: _rule(c, "launch", "low").pop("on_rejection"),
            "launch: at tier 'low' the board decides neither first nor after a rejection",
        ),
        (
            "authority",
            lambda c: _rule(c, "launch-contested").update(tiers=["medium"]),
            "launch: at tier 'low' the board decides neither first nor after a rejection",
        ),
        ("authority", lambda c: c["decisions"].remove(_rule(c, "tier-downgrade")), "tier-downgrade: nothing for tier"),
        (
            "authority",
            lambda c: c["decisions"].append(
                {"kind": "tier-downgrade", "tiers": ["high"], "body": "person", "roles": ["triager"], "about": "x"}
            ),
            "tier-downgrade: at tier 'high' it is not the board that decides",
        ),
        (
            "authority",
            lambda c: _rule(c, "tier-downgrade")["quorum"].update(at_least=1),
            "tier-downgrade: at tier 'low' it takes less than tier-upgrade",
        ),
        (
            "authority",
            lambda c: _rule(c, "tier-downgrade")["quorum"].update(percent=49),
            "tier-downgrade: at tier 'high' it takes less than tier-upgrade",
        ),
        ("authority", lambda c: _rule(c, "tier-upgrade").update(extra_votes=2), "it takes less than tier-upgrade"),
        ("authority", lambda c: c["conflicted"].pop("owner"), "conflicted: owner is missing"),
        ("authority", lambda c: c["conflicted"].pop("requester"), "conflicted: requester is missing"),
        (
            "authority",
            lambda c: c["conflicted"].update(neighbour="No neighbour decides."),
            "conflicted: nothing looks whether somebody is the neighbour",
        ),
        (
            "authority",
            lambda c: c["triggers"].remove(_trigger(c, "launched-unreviewed")),
            "triggers: there is no 'launched-unreviewed'",
        ),
        ("triage", lambda c: c["weights"][0]["points"].update(health=-1), "points below zero"),
        (
            "triage",
            lambda c: c["weights"][2].update(unknown=4),
            "weight of phase: unknown weighs more than every answer",
        ),
        ("triage", lambda c: c["weights"][0]["points"].clear(), "weight of sector: it gives no points to any choice"),
        ("triage", lambda c: c["thresholds"].update(high=-1), "triage.yaml: $.thresholds.high is below zero"),
        ("clocks", lambda c: c["clocks"]["review"]["by_tier"].update(low=-5), "$.clocks.review.by_tier.low is below"),
        ("clocks", lambda c: c["notices"][0].update(calendar_days=-1), "$.notices[0].calendar_days is below zero"),
        (
            "authority",
            lambda c: c["triggers"][0].update(within_business_days=-1),
            "[0].within_business_days is",
        ),
        (
            "clocks",
            lambda c: c["escalation"]["chain"][-1].update(c["escalation"]["chain"][-2], role="executive"),
            "clocks.yaml: escalation: executive is not told later than head_of_ai_governance",
        ),
        (
            "clocks",
            lambda c: c["escalation"].update(chain=[c["escalation"]["chain"][0]]),
            "clocks.yaml: escalation: nobody is above the discipline leads",
        ),
        ("tiers", lambda c: c["tiers"].append(c["tiers"][0]), "tiers.yaml: tier "),
        ("triage", lambda c: c["elevations"].append(c["elevations"][0]), "triage.yaml: rule "),
        ("triage", lambda c: c["weights"].append(c["weights"][0]), "triage.yaml: weight of 'sector' twice"),
        ("disciplines", lambda c: c["rules"].append(c["rules"][0]), "disciplines.yaml: rule "),
        ("evidence", lambda c: c["artefacts"].append(c["artefacts"][0]), "evidence.yaml: artefact "),
        ("clocks", lambda c: c["notices"].append(c["notices"][0]), "clocks.yaml: notice "),
        ("authority", lambda c: c["triggers"].append(c["triggers"][0]), "authority.yaml: trigger "),
        ("labels", lambda c: c["labels"].append(c["labels"][0]), "labels.yaml: label "),
        ("kpis", lambda c: c["kpis"].append(c["kpis"][0]), "kpis.yaml: KPI "),
        ("kpis", lambda c: c["kpis"][1].update(number=c["kpis"][0]["number"]), "kpis.yaml: number "),
        ("triage", lambda c: c["weights"][0]["points"].update(health=11), "sector alone reaches 14 points"),
        ("triage", lambda c: c["weights"][0]["points"].update(astrology=1), "there is no choice 'astrology'"),
        ("triage", lambda c: c["weights"][0].update(attribute="summary"), "weight of 'summary'"),
        ("disciplines", lambda c: c["by_tier"].pop("low"), "disciplines.yaml: nothing for tier 'low'"),
        ("disciplines", lambda c: c["by_tier"]["low"].append("magic"), "no discipline 'magic'"),
        ("evidence", lambda c: c["artefacts"][0]["by_tier"]["low"].update(level="huge"), "there is no level 'huge'"),
        ("clocks", lambda c: c["escalation"]["chain"][0].update(role="king"), "there is no role 'king'"),
        ("authority", lambda c: c["decisions"][10].update(on_rejection="duel"), "'duel', which nobody decides"),
        (
            "authority",
            lambda c: c["decisions"].append(
                {"kind": "launch", "body": "person", "roles": ["programme_manager"], "about": "x"}
            ),
            "decided by an office that never approves a launch alone",
        ),
        ("regions", lambda c: c.update(default_region="mars"), "there is no region 'mars' to be the default"),
        ("regions", lambda c: c["regions"].append(c["regions"][0]), "region 'utc' twice"),
        ("regions", lambda c: c["regions"][1].update(country="XX"), "regions.yaml: region us"),
        ("regions", lambda c: c["regions"][1].update(subdivision="ZZ"), "regions.yaml: region us"),
        ("regions", lambda c: c["regions"][1].update(timezone="Mars/Olympus"), "there is no time zone 'Mars/Olympus'"),
        (
            "regions",
            lambda c: c["regions"][1].update(timezone="America"),
            "there is no time zone 'America'",
        ),
        ("regions", lambda c: c["regions"][1].update(timezone="A" * 5000), "regions.yaml: there is no time zone 'AAA"),
        ("regions", lambda c: c["regions"][1].update(timezone=""), "regions.yaml: there is no time zone ''"),
        ("regions", lambda c: c["regions"][1].update(hours=["9-5"]), "working hours '9-5' are not such as 09:00-17:00"),
        ("regions", lambda c: c["regions"][1].update(hours=["09:00+01:00-17:00"]), "are not such as 09:00-17:00"),
        ("regions", lambda c: c["regions"][1].update(hours=["09:00Z-17:00Z"]), "are not such as 09:00-17:00"),
        ("regions", lambda c: c["regions"][1].update(hours=["09:00:59-17:00"]), "are not such as 09:00-17:00"),
        ("regions", lambda c: c["regions"][1].update(hours=["09:00-25:00"]), "regions.yaml: hour must be in 0..23"),
        (
            "clocks",
            lambda c: c["clocks"]["triage"]["by_tier"].update(low=2**53),
            "clocks.yaml: $.clocks.triage.by_tier.low is beyond 1,000,000",
        ),
        ("triage", lambda c: c["weights"][0]["points"].update(health=-(2**60)), "points.health is beyond 1,000,000"),
        (
            "tiers",
            lambda c: c["tiers"][0].update(recertification_months=1201),
            "tiers.yaml: $.tiers[0].recertification_months is beyond 1,200",
        ),
        ("clocks", lambda c: c["acceptance"]["longest_months"].update(low=9000), "longest_months.low is beyond 1,200"),
        ("regions", lambda c: c["regions"][1].update(hours=["17:00-09:00"]), "regions.yaml"),
        ("regions", lambda c: c["regions"][1].update(hours=["09:00-17:00", "12:00-18:00"]), "hours overlap"),
        ("regions", lambda c: c["regions"][1].update(hours=["13:00-17:00", "08:00-12:00"]), "in their order"),
        ("regions", lambda c: c["regions"][1].update(hours=["13:00-24:00", "08:00-12:00"]), "in their order"),
        ("regions", lambda c: c["years"].update(last=2090), "regions.yaml: region in-mh"),
    ],
)
def test_files_that_disagree_are_refused_with_what_is_wrong(
    edited: Edited, file: str, change: Callable[[Any], Any], complaint: str
) -> None:
    assert complaint in _errors(edited(file, change))


def test_every_error_is_told_at_once(edited: Edited) -> None:
    def spoil(content: Any) -> None:
        content["elevations"][0]["at_least"] = "top"
        content["weights"][0]["points"]["health"] = -1

    errors = _errors(edited("triage", spoil))
    assert "'top'" in errors
    assert "below zero" in errors


def test_a_missing_file_and_a_foreign_file_are_told(edited: Edited) -> None:
    folder = edited("tiers", lambda content: None)
    (folder / "kpis.yaml").unlink()
    (folder / "notes.yaml").write_text("a: b")
    errors = _errors(folder)
    assert "kpis.yaml: " in errors
    assert "notes.yaml: no such file belongs to a bundle" in errors


def test_the_results_can_be_carried_as_json(bundle: Bundle) -> None:
    from shared.policy.outcome import Triage
    from shared.policy.triage import triage

    outcome = triage(bundle, {})
    assert msgspec.json.decode(msgspec.json.encode(outcome), type=Triage) == outcome


def test_a_region_on_record_that_is_gone_counts_by_the_default_region(bundle: Bundle) -> None:
    assert bundle.calendar_of("us") is bundle.calendar("us")
    assert bundle.calendar_of("atlantis") is bundle.calendar()


def test_what_a_bundle_does_not_have_is_a_lookup_error(bundle: Bundle) -> None:
    for ask in (
        lambda: bundle.tier("top"),
        lambda: bundle.clock("nap", "low"),
        lambda: bundle.clock("review", "prohibited"),
        lambda: bundle.calendar("mars"),
    ):
        with pytest.raises(LookupError):
            ask()
