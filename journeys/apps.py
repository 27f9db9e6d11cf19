from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        """Segments and lists learn here which journeys ask for them."""
        from journeys import uses
        from segments import usage

        usage.register("journeys", uses)
