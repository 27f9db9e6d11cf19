"""The node kinds. Adding one is a module and a line here."""

from typing import Any

from journeys.nodes.action import Action
from journeys.nodes.base import Kind
from journeys.nodes.custom_list import CustomList
from journeys.nodes.date_time import DateTime
from journeys.nodes.engagement import Email, Rcs, Sms, Webhook, WhatsApp
from journeys.nodes.force_exit import ForceExit
from journeys.nodes.inaction import Inaction
from journeys.nodes.intellinode import IntelliNode
from journeys.nodes.journey_trigger import JourneyTrigger
from journeys.nodes.on_device import AppInbox, ExitIntent, InApp, WebNative, WebPopup
from journeys.nodes.page_count import PageCount
from journeys.nodes.page_visit import PageVisit
from journeys.nodes.past_behaviour import PastBehaviour
from journeys.nodes.profile_update import ProfileUpdate
from journeys.nodes.push import Push, WebPush
from journeys.nodes.referrer import Referrer
from journeys.nodes.split import Split

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        Action(),
        PastBehaviour(),
        Inaction(),
        DateTime(),
        PageVisit(),
        Referrer(),
        PageCount(),
        JourneyTrigger(),
        CustomList(),
        Email(),
        Sms(),
        WhatsApp(),
        Rcs(),
        Push(),
        WebPush(),
        AppInbox(),
        InApp(),
        WebPopup(),
        ExitIntent(),
        WebNative(),
        Webhook(),
        ProfileUpdate(),
        Split(),
        IntelliNode(),
        ForceExit(),
    )
}
