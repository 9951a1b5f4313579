"""Walks the twin with msticpy, the notebook library of Sentinel's analysts: incidents, bookmarks, rules and queries.

The environment is the env file of `lockstep twin`; SSL_CERT_FILE and REQUESTS_CA_BUNDLE name its certificate.
"""

import json
import os
import tempfile
import urllib.request
import ssl
import warnings

from report import check, end, same

ARM, SUBSCRIPTION, GROUP, WORKSPACE, WORKSPACE_ID, TENANT = (
    os.environ[name] for name in ("TWIN_ARM", "SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE_NAME", "WORKSPACE_ID", "TENANT")
)

folder = tempfile.TemporaryDirectory(prefix="walk-msticpy-")
config = os.path.join(folder.name, "msticpyconfig.yaml")
with open(config, "w") as file:
    file.write(
        f"""
Azure:
  resource_manager_url: {ARM}
  auth_methods: [msi]
AzureSentinel:
  Workspaces:
    Default:
      WorkspaceId: {WORKSPACE_ID}
      TenantId: {TENANT}
      SubscriptionId: {SUBSCRIPTION}
      ResourceGroup: {GROUP}
      WorkspaceName: {WORKSPACE}
"""
    )
os.environ |= {
    "MSTICPYCONFIG": config,
    "HOME": folder.name,
}
# The vendor's library asks the real sign-in about every authority unless it is told not to.
sign_in = {
    "auth_methods": ["clientsecret"],
    "tenant_id": TENANT,
    "client_id": os.environ["CLIENT_ID"],
    "client_secret": os.environ["CLIENT_SECRET"],
    "disable_instance_discovery": True,
}
warnings.simplefilter("ignore")

import msticpy  # noqa: E402, it reads its configuration when it is imported
from msticpy.context.azure import MicrosoftSentinel  # noqa: E402
from msticpy.data import QueryProvider  # noqa: E402


def raise_alert(kind):
    request = urllib.request.Request(f"{ARM}/_twin/alerts", json.dumps({"kind": kind}).encode(), method="POST")
    trust = ssl.create_default_context(cafile=os.environ["TWIN_CA"])
    with urllib.request.urlopen(request, context=trust) as answer:
        return json.load(answer)["value"][0]


alert = raise_alert("VirtualMachines")
sentinel = MicrosoftSentinel(subscription_id=SUBSCRIPTION, resource_group=GROUP, workspace_name=WORKSPACE)


def connect():
    sentinel.connect(**sign_in)
    same(sentinel.connected, True)


def incidents():
    found = sentinel.list_incidents()
    same(alert["incident"] in list(found["name"]), True)
    (one,) = sentinel.get_incident(alert["incident"], entities=True, alerts=True).to_dict("records")
    same((one["properties.status"], one["properties.providerName"]), ("New", "Azure Sentinel"))
    same([known["ID"] for known in one["Alerts"]], [alert["systemAlertId"]])
    same(len(one["Entities"]) > 0, True)
    filtered = sentinel.list_incidents(params={"$filter": "properties/status eq 'Closed'", "$top": "1"})
    same(len(filtered), 0)


def update():
    sentinel.update_incident(alert["incident"], {"status": "Active", "severity": "Low"})
    same(sentinel.get_incident(alert["incident"]).iloc[0]["properties.status"], "Active")
    closed = {"status": "Closed", "severity": "Low", "classification": "FalsePositive"}
    closed |= {"classificationReason": "InaccurateData", "classificationComment": "it's \"quoted\""}
    sentinel.update_incident(alert["incident"], closed)
    found = sentinel.get_incident(alert["incident"]).iloc[0]
    same((found["properties.status"], found["properties.classificationComment"]), ("Closed", "it's \"quoted\""))


def comment():
    sentinel.post_comment(alert["incident"], "walked")
    same([one["Message"] for one in sentinel.get_incident_comments(alert["incident"])], ["walked"])


def create():
    name = sentinel.create_incident(title="walk", severity="Low", status="New", description="walked", labels=["walk"])
    found = sentinel.get_incident(name).iloc[0]
    same((found["properties.title"], found["properties.labels"][0]["labelName"]), ("walk", "walk"))


def bookmarks():
    name = sentinel.create_bookmark(name="walk", query="SecurityAlert | take 1", notes="walked", labels=["walk"])
    same("walk" in list(sentinel.list_bookmarks()["properties.displayName"]), True)
    sentinel.add_bookmark_to_incident(alert["incident"], name)
    same([one["Bookmark ID"] for one in sentinel.get_incident_bookmarks(alert["incident"])], [name])
    sentinel.delete_bookmark(name)


def rules():
    found = sentinel.list_alert_rules()
    same("MicrosoftSecurityIncidentCreation" in list(found["kind"]), True)
    made = sentinel.create_analytic_rule(
        name="walk", query="SecurityAlert | take 1", description="walked", severity="Low", enabled=False,
        query_frequency="PT5H", query_period="PT5H", suppression_duration="PT5H", suppression_enabled=False,
        trigger_operator="GreaterThan", trigger_threshold=0,
    )
    sentinel.delete_analytic_rule(made)


def estate():
    same(list(sentinel.get_subscriptions()["Subscription ID"]), [SUBSCRIPTION])
    same(list(sentinel.list_sentinel_workspaces(SUBSCRIPTION)), [WORKSPACE])


def query():
    provider = QueryProvider("MSSentinel")
    provider.connect(workspace="Default")
    found = provider.exec_query("SecurityIncident | where Status == 'New' | project IncidentName, Title, AlertIds, TimeGenerated")
    same(list(found.columns), ["IncidentName", "Title", "AlertIds", "TimeGenerated"])
    same(len(found) > 0, True)
    same("SecurityIncident" in provider.schema_tables, True)


check("connect", connect)
check("list and get incidents", incidents)
check("update an incident", update)
check("post and read a comment", comment)
check("create an incident", create)
check("bookmarks", bookmarks)
check("alert rules", rules)
check("subscriptions and workspaces", estate)
check("query provider", query)
end()
