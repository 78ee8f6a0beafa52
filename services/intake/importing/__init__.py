"""Bringing a portfolio in through the public API: plan the rows, send them in slices, account for every one."""

from services.intake.importing.options import Options as Options
from services.intake.importing.options import Reviews as Reviews
from services.intake.importing.preparing import prepare as prepare
from services.intake.importing.result import ImportResult as ImportResult
from services.intake.importing.run import ServerUnreachable as ServerUnreachable
from services.intake.importing.run import run_import as run_import
