"""The back office's pages of journeys, and of what journeys join: people."""

from journeys.admin.audit import AuditAdmin
from journeys.admin.control import ControlGroupAdmin, ExemptAdmin
from journeys.admin.journeys import JourneyAdmin
from journeys.admin.people import ProfileAdmin
from journeys.admin.reports import ReportAdmin

__all__ = ["AuditAdmin", "ControlGroupAdmin", "ExemptAdmin", "JourneyAdmin", "ProfileAdmin", "ReportAdmin"]
