"""Portfolios in others' formats: mappings as data, and what reads by them."""

from services.intake.mappings.agreement import Agreement as Agreement
from services.intake.mappings.agreement import agreement as agreement
from services.intake.mappings.cells import UnreadablePortfolio as UnreadablePortfolio
from services.intake.mappings.mapping import Mapping as Mapping
from services.intake.mappings.mapping import UnusableMapping as UnusableMapping
from services.intake.mappings.mapping import load_mapping as load_mapping
from services.intake.mappings.row import Row as Row
from services.intake.mappings.row import Unseen as Unseen
from services.intake.mappings.row import Unusable as Unusable
