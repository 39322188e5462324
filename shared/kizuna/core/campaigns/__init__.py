"""A campaign: who, why, what, when. Scheduled for an audience, or triggered by an event or a segment."""

from kizuna.core.campaigns.audience import Audience
from kizuna.core.campaigns.channels import Channels
from kizuna.core.campaigns.definition import Campaign
from kizuna.core.campaigns.goals import Goal
from kizuna.core.campaigns.intent import Answer, IntentCard, Remark
from kizuna.core.campaigns.runs import TRIGGERED, scheduled_run_id, triggered_step
from kizuna.core.campaigns.schedules import OnSchedule, next_run, next_run_as_stored
from kizuna.core.campaigns.send_time import AtBestHour, AtInstant, AtLocalTime, AtOnce, SendTime
from kizuna.core.campaigns.triggers import OnApi, OnAsked, OnDigest, OnEvent, OnJourney, OnSegment, Trigger

__all__ = [
    "TRIGGERED",
    "Answer",
    "AtBestHour",
    "AtInstant",
    "AtLocalTime",
    "AtOnce",
    "Audience",
    "Campaign",
    "Channels",
    "Goal",
    "IntentCard",
    "OnApi",
    "OnAsked",
    "OnDigest",
    "OnEvent",
    "OnJourney",
    "OnSchedule",
    "OnSegment",
    "Remark",
    "SendTime",
    "Trigger",
    "next_run",
    "next_run_as_stored",
    "scheduled_run_id",
    "triggered_step",
]
