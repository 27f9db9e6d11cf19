"""The HTTP API of journeys: what the canvas, the list and the pages of numbers call. Views are thin; they call services
and selectors, and what goes wrong becomes a response in `config.api`.
"""
