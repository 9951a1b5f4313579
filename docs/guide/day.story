# A day of two alerts: one that the owner dismisses, one that an analyst closes.
alert web High "Suspicious process on the web server"
alert db Medium
time passes 2m

owner starts web
analyst assigns db to ada@contoso.com
time passes 2m

owner dismisses web
analyst comments db "A test of ours"
analyst tags db drill
analyst closes db as BenignPositive "A drill"
time passes 2m

# The incident of the alert that was dismissed stays as it was: this is the gap.
nothing happens
analyst closes web as BenignPositive
analyst reopens db
owner activates web
