"""Walks the twin with the Azure CLI: its cloud, its two ways to sign in, its commands, and `az rest` for what has no command.

The environment is the env file of `lockstep twin`; AZ is the program, REQUESTS_CA_BUNDLE names the twin's certificate.
"""

import json
import os
import subprocess
import tempfile
import uuid

import table
from report import check, end, same

AZ = os.environ.get("AZ", "az")
ARM, LOGS = os.environ["TWIN_ARM"], os.environ["TWIN_LOGS"]
TENANT, SUBSCRIPTION, GROUP, WORKSPACE, WORKSPACE_ID = (
    os.environ[name] for name in ("TENANT", "SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE_NAME", "WORKSPACE_ID")
)
RESOURCE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/{WORKSPACE}"
SENTINEL = f"{RESOURCE}/providers/Microsoft.SecurityInsights"

folder = tempfile.TemporaryDirectory(prefix="walk-az-")
environment = os.environ | {
    "AZURE_CONFIG_DIR": folder.name,
    "AZURE_CORE_COLLECT_TELEMETRY": "no",
    "AZURE_CORE_INSTANCE_DISCOVERY": "false",
    "AZURE_CORE_LOGIN_EXPERIENCE_V2": "off",
    "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
}


class Refused(Exception):
    """The command failed; the text is what it said."""


def az(*words, **more):
    """Runs one command and answers the JSON that it prints; nothing where it prints nothing."""
    done = subprocess.run(
        [AZ, *words, "--output", "json"], env=environment | more, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise Refused(done.stderr.strip())
    return json.loads(done.stdout) if done.stdout.strip() else None


def refused(text, *words):
    try:
        az(*words)
    except Refused as error:
        same(text if text in str(error) else str(error), text)
        return
    raise AssertionError("it was not refused")


def rest(method, path, version="2024-03-01", body=None):
    words = ["rest", "--method", method, "--url", f"{path}{'&' if '?' in path else '?'}api-version={version}"]
    return az(*words, *(["--body", json.dumps(body)] if body is not None else []))


def rows(query):
    url, body = f"{LOGS}/v1/workspaces/{WORKSPACE_ID}/query", json.dumps({"query": query})
    answer = az("rest", "--method", "post", "--url", url, "--resource", LOGS, "--body", body)
    return answer["tables"][0]["rows"]


def register():
    az("cloud", "register", "--name", "twin", "--endpoint-resource-manager", ARM)
    shown = az("cloud", "show", "--name", "twin")["endpoints"]
    same([shown[name] for name in ("activeDirectory", "resourceManager", "logAnalyticsResourceId")], [os.environ["TWIN_LOGIN"], ARM, LOGS])
    az("cloud", "set", "--name", "twin")


def sign_in_by_secret():
    who = ["--username", os.environ["CLIENT_ID"], "--tenant", TENANT]
    refused("AADSTS7000215", "login", "--service-principal", *who, "--password", "wrong")
    (account,) = az("login", "--service-principal", *who, "--password", os.environ["CLIENT_SECRET"])
    same((account["id"], account["tenantId"], account["state"]), (SUBSCRIPTION, TENANT, "Enabled"))


def sign_in_by_identity():
    az("logout")
    (account,) = az("login", "--identity")
    same((account["id"], account["user"]["name"]), (SUBSCRIPTION, "systemAssignedIdentity"))
    same(len(az("security", "location", "list")) >= 1, True)
    az("logout")
    (account,) = az("login", "--identity", "--client-id", os.environ["CLIENT_ID"])
    same(account["id"], SUBSCRIPTION)


check("cloud register, show, set", register)
check("login by secret", sign_in_by_secret)
check("login by identity", sign_in_by_identity)
location = az("security", "location", "list")[0]["name"]


class Cli:
    """What table.py asks of a client."""

    def raise_alert(self, bundle="DNS"):
        known = {one["name"] for one in az("security", "alert", "list")}
        body = {"properties": {"kind": "Bundles", "bundles": [bundle]}}
        simulate = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security/locations/{location}/alerts/default/simulate"
        rest("post", simulate, "2022-01-01", body)
        return next(one["name"] for one in az("security", "alert", "list") if one["name"] not in known)

    def defender(self, alert):
        return az("security", "alert", "show", "--location", location, "--name", alert)["status"]

    def sentinel(self, alert):
        of = f"SecurityAlert | where VendorOriginalId == '{alert}'"
        return rows(f"{of} | summarize arg_max(TimeGenerated, *) by SystemAlertId | project Status")[0][0]

    def incident_of(self, alert):
        found = rows(
            f"let alert = toscalar(SecurityAlert | where VendorOriginalId == '{alert}' | project SystemAlertId);"
            "SecurityIncident | where AlertIds has alert | distinct IncidentName"
        )
        return rest("get", f"{SENTINEL}/incidents/{found[0][0]}")

    def incident(self, alert):
        return self.incident_of(alert)["properties"]["status"]

    def owner(self, alert, verb):
        # The command takes the words in any case and does nothing unless they begin with a capital.
        status = verb[0].upper() + verb[1:]
        az("security", "alert", "update", "--location", location, "--name", alert, "--status", status)

    def analyst(self, alert, status):
        incident = self.incident_of(alert)
        incident["properties"]["status"] = status
        if status == "Closed":
            incident["properties"] |= {"classification": "TruePositive", "classificationReason": "SuspiciousActivity"}
        rest("put", f"{SENTINEL}/incidents/{incident['name']}", body=incident)


client = Cli()
table.walk(client)
alert = check("security alert: raise one", client.raise_alert, "VirtualMachines")


def alert_commands():
    (one,) = [one for one in az("security", "alert", "list") if one["name"] == alert]
    group = one["resourceGroup"]
    same(alert in [one["name"] for one in az("security", "alert", "list", "--resource-group", group)], True)
    same(alert in [one["name"] for one in az("security", "alert", "list", "--location", location)], True)
    where = ["--resource-group", group, "--location", location, "--name", alert]
    same(az("security", "alert", "show", *where)["vendorName"], "Microsoft")
    az("security", "alert", "update", *where, "--status", "Dismiss")
    same(client.defender(alert), "Dismissed")
    az("security", "alert", "update", *where, "--status", "Activate")
    refused("NotFound", "security", "alert", "show", "--location", location, "--name", "none")


def other_security_commands():
    same({one["name"] for one in az("security", "setting", "list")} >= {"Sentinel", "MCAS"}, True)
    same(az("security", "setting", "show", "--name", "Sentinel")["enabled"], True)
    same(len(az("security", "pricing", "list")["value"]) > 3, True)
    same(az("security", "pricing", "show", "--name", "VirtualMachines")["pricingTier"] in ("Free", "Standard"), True)
    same(az("security", "alerts-suppression-rule", "list"), [])
    rule = ["--rule-name", "walk", "--alert-type", "IpAnomaly", "--reason", "FalsePositive", "--state", "Enabled"]
    same(az("security", "alerts-suppression-rule", "update", *rule)["alertType"], "IpAnomaly")
    az("security", "alerts-suppression-rule", "delete", "--rule-name", "walk")


def estate():
    same([one["id"] for one in az("account", "list")], [SUBSCRIPTION])
    same(az("account", "show")["tenantId"], TENANT)
    same(len(az("account", "list-locations")) > 1, True)
    same(az("account", "get-access-token")["subscription"], SUBSCRIPTION)
    same(GROUP in [one["name"] for one in az("group", "list")], True)
    same(az("group", "exists", "--name", GROUP), True)
    same(az("group", "exists", "--name", "none"), False)
    same(az("provider", "show", "--namespace", "Microsoft.SecurityInsights")["registrationState"], "Registered")


def workspace():
    same(az("monitor", "log-analytics", "workspace", "show", "-g", GROUP, "-n", WORKSPACE)["customerId"], WORKSPACE_ID)
    same([one["name"] for one in az("monitor", "log-analytics", "workspace", "list")], [WORKSPACE])
    same(WORKSPACE in [one["name"] for one in az("resource", "list")], True)
    same(WORKSPACE in [one["name"] for one in az("resource", "list", "--resource-group", GROUP)], True)
    kind = "Microsoft.OperationalInsights/workspaces"
    same([one["name"] for one in az("resource", "list", "--resource-type", kind)], [WORKSPACE])
    tables = az("monitor", "log-analytics", "workspace", "table", "list", "-g", GROUP, "--workspace-name", WORKSPACE)
    same({one["name"] for one in tables} >= {"SecurityAlert", "SecurityIncident"}, True)
    same(az("resource", "show", "--ids", RESOURCE, "--api-version", "2022-10-01")["properties"]["customerId"], WORKSPACE_ID)


def activity():
    found = az("monitor", "activity-log", "list", "--offset", "1d", "--max-events", "500")
    same(any(one["operationName"]["value"].endswith("/dismiss/action") for one in found), True)
    of = az("monitor", "activity-log", "list", "--offset", "1d", "--resource-group", GROUP)
    same({one["resourceGroupName"] for one in of} <= {GROUP}, True)


def roles():
    assigned = az("role", "assignment", "list")
    same({one["roleDefinitionName"] for one in assigned}, {"Owner"})
    same(os.environ["CLIENT_ID"] in [one["principalName"] for one in assigned], True)
    same(az("role", "definition", "list", "--name", "Microsoft Sentinel Responder")[0]["roleType"], "BuiltInRole")
    who = ["--assignee", os.environ["CLIENT_ID"], "--role", "Security Reader", "--scope", RESOURCE]
    same(az("role", "assignment", "create", *who)["scope"], RESOURCE)
    same(len(az("role", "assignment", "list", "--assignee", os.environ["CLIENT_ID"], "--scope", RESOURCE)), 1)
    az("role", "assignment", "delete", *who)
    same(az("role", "assignment", "list", "--assignee", os.environ["CLIENT_ID"], "--scope", RESOURCE), [])


def incidents():
    page = rest("get", f"{SENTINEL}/incidents?$top=2&$orderby=properties/createdTimeUtc asc")
    same((len(page["value"]), "nextLink" in page), (2, True))
    more = az("rest", "--method", "get", "--url", page["nextLink"])
    same({one["name"] for one in page["value"]} & {one["name"] for one in more["value"]}, set())
    name, properties = str(uuid.uuid4()), {"title": "walk", "severity": "Low", "status": "New"}
    made = rest("put", f"{SENTINEL}/incidents/{name}", body={"properties": properties})
    rest("put", f"{SENTINEL}/incidents/{name}", body={"etag": made["etag"], "properties": properties})
    stale = json.dumps({"etag": made["etag"], "properties": properties})
    url = f"{SENTINEL}/incidents/{name}?api-version=2024-03-01"
    refused("Conflict", "rest", "--method", "put", "--url", url, "--body", stale)
    rest("put", f"{SENTINEL}/incidents/{name}/comments/{uuid.uuid4()}", body={"properties": {"message": "walked"}})
    same(len(rest("get", f"{SENTINEL}/incidents/{name}/comments")["value"]), 1)
    rest("delete", f"{SENTINEL}/incidents/{name}")


check("security alert: list, show, update", alert_commands)
check("security: setting, pricing, alerts-suppression-rule", other_security_commands)
check("account, group, provider", estate)
check("monitor log-analytics workspace, resource", workspace)
check("monitor activity-log", activity)
check("role assignment, role definition", roles)
check("rest: incidents", incidents)
end()
