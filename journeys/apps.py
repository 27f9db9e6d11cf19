from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        """Segments and lists learn here which journeys ask for them, providers which send through them, templates which
        send them.
        """
        from channels import template_uses
        from channels import usage as channels
        from journeys import senders, template_users, uses
        from segments import usage as segments

        segments.register("journeys", uses)
        channels.register("journeys", senders)
        template_uses.register("journeys", template_users)
