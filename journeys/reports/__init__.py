"""Reports (domain 10.2): what became of journeys, as a file for a spreadsheet, out of the tallies alone.

`asking` takes the wish for one, `making` writes it in the background, `schedules` asks again each day or week;
`summary` and `nodewise` are the rows of the two forms.
"""

MOST_JOURNEYS = 100
