"""Walks the twin with the vendor's Python SDKs: azure-identity, azure-mgmt-security, -securityinsight, -resource, azure-monitor-query.

The environment is the env file of `lockstep twin`; REQUESTS_CA_BUNDLE names its certificate.
"""

import os
import uuid
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import CertificateCredential, ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.security import SecurityCenter
from azure.mgmt.securityinsight import SecurityInsights
from azure.mgmt.securityinsight import models as insight
from azure.monitor.query import LogsBatchQuery, LogsQueryClient, LogsQueryStatus

import table
from report import check, end, same

ARM, LOGIN, LOGS = (os.environ[name] for name in ("TWIN_ARM", "TWIN_LOGIN", "TWIN_LOGS"))
TENANT, SUBSCRIPTION, GROUP, WORKSPACE, WORKSPACE_ID = (
    os.environ[name] for name in ("TENANT", "SUBSCRIPTION", "RESOURCE_GROUP", "WORKSPACE_NAME", "WORKSPACE_ID")
)
SCOPE = f"{ARM}/.default"
HERE = {"authority": LOGIN, "disable_instance_discovery": True}

secret = ClientSecretCredential(TENANT, os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], **HERE)
arm = {"base_url": ARM, "credential_scopes": [SCOPE], "retry_total": 0}
security = SecurityCenter(secret, SUBSCRIPTION, **arm)
sentinel = SecurityInsights(secret, SUBSCRIPTION, **arm)
resources = ResourceManagementClient(secret, SUBSCRIPTION, **arm)
subscriptions = SubscriptionClient(secret, **arm)
logs = LogsQueryClient(secret, endpoint=f"{LOGS}/v1", retry_total=0)
location = next(iter(security.locations.list())).name


def rows(query, timespan=None):
    answer = logs.query_workspace(WORKSPACE_ID, query, timespan=timespan)
    same(answer.status, LogsQueryStatus.SUCCESS)
    return answer.tables[0].rows


class Sdk:
    """What table.py asks of a client."""

    def raise_alert(self, bundle="DNS"):
        before = {alert.name for alert in security.alerts.list()}
        properties = {"kind": "Bundles", "bundles": [bundle]}
        security.alerts.begin_simulate(location, {"properties": properties}, polling_interval=0).result()
        new = [alert.name for alert in security.alerts.list() if alert.name not in before]
        same(len(new) >= 1, True)
        return new[0]

    def defender(self, alert):
        return security.alerts.get_subscription_level(location, alert).status

    def sentinel(self, alert):
        found = rows(
            f"SecurityAlert | where VendorOriginalId == '{alert}' | summarize arg_max(TimeGenerated, *) by SystemAlertId"
            " | project Status"
        )
        return found[0]["Status"]

    def incident_of(self, alert):
        found = rows(
            f"SecurityAlert | where VendorOriginalId == '{alert}' | distinct SystemAlertId"
            " | join kind=inner (SecurityIncident | summarize arg_max(TimeGenerated, *) by IncidentNumber"
            " | mv-expand Id = AlertIds to typeof(string)) on $left.SystemAlertId == $right.Id | project IncidentName"
        )
        return sentinel.incidents.get(GROUP, WORKSPACE, found[0]["IncidentName"])

    def incident(self, alert):
        return self.incident_of(alert).status

    def owner(self, alert, verb):
        act = {
            "dismiss": security.alerts.update_subscription_level_state_to_dismiss,
            "resolve": security.alerts.update_subscription_level_state_to_resolve,
            "activate": security.alerts.update_subscription_level_state_to_activate,
            "inProgress": security.alerts.update_subscription_level_state_to_in_progress,
        }[verb]
        act(location, alert)

    def analyst(self, alert, status):
        incident = self.incident_of(alert)
        incident.status = status
        if status == "Closed":
            incident.classification, incident.classification_reason = "TruePositive", "SuspiciousActivity"
            incident.classification_comment = "walked"
        sentinel.incidents.create_or_update(GROUP, WORKSPACE, incident.name, incident)


client = Sdk()


def refused(kind, code, act, *arguments, **named):
    try:
        act(*arguments, **named)
    except kind as error:
        found = getattr(getattr(error, "error", None), "code", None)
        same(found or "", code or found or "")
        return error
    raise AssertionError("it was not refused")


def sign_in():
    same(secret.get_token(SCOPE).token.count("."), 2)
    same(secret.get_token("https://management.azure.com/.default").token.count("."), 2)
    same(secret.get_token(f"{ARM}//.default").token.count("."), 2)


def wrong_secret():
    wrong = ClientSecretCredential(TENANT, os.environ["CLIENT_ID"], "wrong", **HERE)
    error = refused(ClientAuthenticationError, None, wrong.get_token, SCOPE)
    same("AADSTS7000215" in str(error), True)


def wrong_tenant():
    wrong = ClientSecretCredential(str(uuid.uuid4()), os.environ["CLIENT_ID"], "wrong", **HERE)
    refused(ClientAuthenticationError, None, wrong.get_token, SCOPE)


def assertion():
    # The token of one application serves as the assertion of another, as with workload identity.
    own = secret.get_token("api://AzureADTokenExchange/.default").token
    federated = ClientAssertionCredential(TENANT, os.environ["CLIENT_ID"], lambda: own, **HERE)
    same(federated.get_token(SCOPE).token.count("."), 2)


def certificate():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "walk")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    pem += made.public_bytes(serialization.Encoding.PEM)
    signed = CertificateCredential(TENANT, os.environ["CLIENT_ID"], certificate_data=pem, **HERE)
    same(signed.get_token(SCOPE).token.count("."), 2)


def identity():
    token = ManagedIdentityCredential().get_token(SCOPE)
    same(token.token.count("."), 2)
    named = SecurityCenter(ManagedIdentityCredential(), SUBSCRIPTION, **arm)
    same(next(iter(named.locations.list())).name, location)


def metadata_service():
    kept = {name: os.environ.pop(name) for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = os.environ["TWIN_IMDS"]
    try:
        same(ManagedIdentityCredential().get_token(SCOPE).token.count("."), 2)
    finally:
        os.environ.update(kept)


check("identity: a client secret", sign_in)
check("identity: a wrong secret", wrong_secret)
check("identity: a wrong tenant", wrong_tenant)
check("identity: a client assertion", assertion)
check("identity: a certificate", certificate)
check("identity: managed identity by IDENTITY_ENDPOINT", identity)
check("identity: managed identity by the metadata service", metadata_service)


def estate():
    same([one.subscription_id for one in subscriptions.subscriptions.list()], [SUBSCRIPTION])
    same([one.tenant_id for one in subscriptions.tenants.list()], [TENANT])
    same(subscriptions.subscriptions.get(SUBSCRIPTION).state, "Enabled")
    same(len(list(subscriptions.subscriptions.list_locations(SUBSCRIPTION))) > 1, True)


def groups():
    same(GROUP in [one.name for one in resources.resource_groups.list()], True)
    same(resources.resource_groups.get(GROUP).name, GROUP)
    refused(ResourceNotFoundError, "ResourceGroupNotFound", resources.resource_groups.get, "none")


def providers():
    same(resources.providers.get("Microsoft.SecurityInsights").registration_state, "Registered")
    same(len(list(resources.providers.list())) > 3, True)


def generic_resource():
    workspace = resources.resources.get_by_id(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/{WORKSPACE}",
        api_version="2022-10-01",
    )
    same(workspace.properties["customerId"], WORKSPACE_ID)


check("resource: tenants, subscriptions, locations", estate)
check("resource: groups", groups)
check("resource: providers", providers)
check("resource: the workspace by its id", generic_resource)

table.walk(client)

alert = check("security: raise an alert", client.raise_alert, "VirtualMachines")


def alert_lists():
    named = lambda found: [one for one in found if one.name == alert]
    one = named(security.alerts.list())[0]
    group = one.id.split("/")[4] if "/resourceGroups/" in one.id else None
    same(len(named(security.alerts.list_subscription_level_by_region(location))), 1)
    if group:
        same(len(named(security.alerts.list_by_resource_group(group))), 1)
        same(len(named(security.alerts.list_resource_group_level_by_region(location, group))), 1)
        found = security.alerts.get_resource_group_level(group, location, alert)
        same(found.name, alert)
        security.alerts.update_resource_group_level_state_to_in_progress(group, location, alert)
        same(client.defender(alert), "InProgress")
        security.alerts.update_resource_group_level_state_to_activate(group, location, alert)


def alert_members():
    one = security.alerts.get_subscription_level(location, alert)
    same(one.type, "Microsoft.Security/Locations/alerts")
    same(one.system_alert_id, alert)
    same(one.vendor_name, "Microsoft")
    same(one.alert_type.startswith("SIMULATED_"), True)
    same(one.alert_display_name.startswith("[SAMPLE ALERT]"), True)
    same({identifier.type for identifier in one.resource_identifiers} >= {"AzureResource"}, True)
    same(isinstance(one.entities, list) and len(one.entities) > 0, True)
    same(one.time_generated_utc.tzinfo is not None, True)


def missing_alert():
    refused(ResourceNotFoundError, None, security.alerts.get_subscription_level, location, "none")
    refused(
        ResourceNotFoundError, None, security.alerts.update_subscription_level_state_to_dismiss, location, "none"
    )


def suppression():
    rules = security.alerts_suppression_rules
    rule = {"alert_type": "IpAnomaly", "reason": "FalsePositive", "state": "Enabled", "comment": "walked"}
    same(rules.update("walk", rule).state, "Enabled")
    same(rules.get("walk").comment, "walked")
    same("walk" in [one.name for one in rules.list()], True)
    rules.delete("walk")
    refused(ResourceNotFoundError, None, rules.get, "walk")


def settings():
    same(security.settings.get("Sentinel").enabled, True)
    same({one.name for one in security.settings.list()} >= {"Sentinel", "MCAS"}, True)
    same(security.settings.get("Sentinel").kind, "AlertSyncSettings")
    off = security.settings.update("Sentinel", {"kind": "AlertSyncSettings", "enabled": False})
    same(off.enabled, False)
    security.settings.update("Sentinel", {"kind": "AlertSyncSettings", "enabled": True})


def pricings():
    scope = f"subscriptions/{SUBSCRIPTION}"
    same(security.pricings.get(scope, "VirtualMachines").pricing_tier in ("Free", "Standard"), True)
    same(len(security.pricings.list(scope).value) > 3, True)
    same(security.pricings.update(scope, "Dns", {"pricing_tier": "Free"}).pricing_tier, "Free")


def locations():
    same(security.locations.get(location).name, location)


check("security: lists at every scope", alert_lists)
check("security: an alert's members", alert_members)
check("security: an alert that is not there", missing_alert)
check("security: suppression rules", suppression)
check("security: settings", settings)
check("security: pricings", pricings)
check("security: locations", locations)


def incident_pages():
    whole = [one.name for one in sentinel.incidents.list(GROUP, WORKSPACE)]
    paged = [one.name for one in sentinel.incidents.list(GROUP, WORKSPACE, top=2)]
    same(paged, whole)
    same(len(whole) >= 5, True)
    order = sentinel.incidents.list(GROUP, WORKSPACE, orderby="properties/createdTimeUtc asc", top=3)
    same([one.name for one in order], whole[::-1])


def incident_filters():
    listed = lambda text: list(sentinel.incidents.list(GROUP, WORKSPACE, filter=text))
    same({one.status for one in listed("properties/status eq 'Closed'")}, {"Closed"})
    same({one.status for one in listed("properties/status ne 'Closed'")} <= {"New", "Active"}, True)
    same(listed("properties/createdTimeUtc ge 2999-01-01T00:00:00Z"), [])
    both = listed("properties/status eq 'New' and (properties/severity eq 'High' or properties/severity ne 'High')")
    same({one.status for one in both}, {"New"})
    refused(HttpResponseError, None, listed, "properties/moon eq")


def incident_members():
    incident = client.incident_of(alert)
    same("/Incidents/" in incident.id, True)
    same(incident.etag.startswith('"') and incident.etag.endswith('"'), True)
    same(incident.additional_data.alert_product_names, ["Azure Security Center"])
    same(incident.additional_data.alerts_count, 1)
    same(incident.title.startswith("[SAMPLE ALERT]"), True)
    same(incident.incident_url.startswith("https://portal.azure.com/#asset/"), True)
    same(len(incident.related_analytic_rule_ids), 1)


def incident_life():
    name = str(uuid.uuid4())
    write = lambda **more: insight.Incident(**{"title": "walk", "severity": "Low", "status": "New", **more})
    made = sentinel.incidents.create_or_update(GROUP, WORKSPACE, name, write(labels=[{"label_name": "walk"}]))
    same((made.name, made.labels[0].label_name, made.labels[0].label_type), (name, "walk", "User"))
    newer = sentinel.incidents.create_or_update(GROUP, WORKSPACE, name, write(etag=made.etag, severity="High"))
    same((newer.severity, newer.etag != made.etag), ("High", True))
    refused(
        ResourceExistsError, "Conflict", sentinel.incidents.create_or_update, GROUP, WORKSPACE, name, write(etag=made.etag)
    )
    refused(
        HttpResponseError, "BadRequest", sentinel.incidents.create_or_update, GROUP, WORKSPACE, name, write(status="Closed")
    )
    owned = write(owner=insight.IncidentOwnerInfo(object_id=str(uuid.uuid4()), assigned_to="Ada", email="ada@contoso.com"))
    same(sentinel.incidents.create_or_update(GROUP, WORKSPACE, name, owned).owner.assigned_to, "Ada")
    sentinel.incidents.delete(GROUP, WORKSPACE, name)
    sentinel.incidents.delete(GROUP, WORKSPACE, name)
    refused(ResourceNotFoundError, None, sentinel.incidents.get, GROUP, WORKSPACE, name)


def comments():
    incident, name = client.incident_of(alert).name, str(uuid.uuid4())
    made = sentinel.incident_comments.create_or_update(
        GROUP, WORKSPACE, incident, name, insight.IncidentComment(message="walked")
    )
    same((made.message, made.author is not None), ("walked", True))
    same(sentinel.incident_comments.get(GROUP, WORKSPACE, incident, name).message, "walked")
    same(name in [one.name for one in sentinel.incident_comments.list(GROUP, WORKSPACE, incident)], True)
    sentinel.incident_comments.delete(GROUP, WORKSPACE, incident, name)
    refused(ResourceNotFoundError, None, sentinel.incident_comments.get, GROUP, WORKSPACE, incident, name)


def parts():
    incident = client.incident_of(alert).name
    alerts = sentinel.incidents.list_alerts(GROUP, WORKSPACE, incident).value
    same([(one.kind, one.vendor_name, one.provider_alert_id) for one in alerts], [("SecurityAlert", "Microsoft", alert)])
    entities = sentinel.incidents.list_entities(GROUP, WORKSPACE, incident)
    same(sum(one.count for one in entities.meta_data), len(entities.entities))
    same(sentinel.incidents.list_bookmarks(GROUP, WORKSPACE, incident).value, [])


def relations():
    incident = client.incident_of(alert).name
    found = list(sentinel.incident_relations.list(GROUP, WORKSPACE, incident))
    same([one.related_resource_kind for one in found], ["SecurityAlert"])
    same(sentinel.incident_relations.get(GROUP, WORKSPACE, incident, found[0].name).related_resource_id, found[0].related_resource_id)
    other = client.incident_of(client.raise_alert()).name
    related = sentinel.incident_relations.create_or_update(
        GROUP, WORKSPACE, other, "walk-relation", insight.Relation(related_resource_id=found[0].related_resource_id)
    )
    same(related.related_resource_id.lower(), found[0].related_resource_id.lower())
    same(sentinel.incidents.get(GROUP, WORKSPACE, other).additional_data.alerts_count, 2)
    sentinel.incident_relations.delete(GROUP, WORKSPACE, other, "walk-relation")
    same(sentinel.incidents.get(GROUP, WORKSPACE, other).additional_data.alerts_count, 1)


def alert_rules():
    rules = list(sentinel.alert_rules.list(GROUP, WORKSPACE))
    made = [one for one in rules if one.kind == "MicrosoftSecurityIncidentCreation"]
    same([(one.enabled, one.product_filter) for one in made], [(True, "Azure Security Center")])
    rule = insight.MicrosoftSecurityIncidentCreationAlertRule(
        display_name="walk", enabled=False, product_filter="Azure Security Center", severities_filter=["High"]
    )
    same(sentinel.alert_rules.create_or_update(GROUP, WORKSPACE, "walk", rule).severities_filter, ["High"])
    same(sentinel.alert_rules.get(GROUP, WORKSPACE, "walk").display_name, "walk")
    sentinel.alert_rules.delete(GROUP, WORKSPACE, "walk")
    refused(ResourceNotFoundError, None, sentinel.alert_rules.get, GROUP, WORKSPACE, "walk")


def connectors():
    found = [one for one in sentinel.data_connectors.list(GROUP, WORKSPACE) if one.kind == "AzureSecurityCenter"]
    same([(one.subscription_id, one.data_types.alerts.state) for one in found], [(SUBSCRIPTION, "Enabled")])
    same(sentinel.data_connectors.get(GROUP, WORKSPACE, found[0].name).name, found[0].name)


def onboarding():
    same(sentinel.sentinel_onboarding_states.get(GROUP, WORKSPACE, "default").name, "default")
    same(len(sentinel.sentinel_onboarding_states.list(GROUP, WORKSPACE).value), 1)


def automation_rules():
    name = str(uuid.uuid4())
    rule = insight.AutomationRule(
        display_name="walk",
        order=1,
        triggering_logic=insight.AutomationRuleTriggeringLogic(
            is_enabled=False,
            triggers_on="Incidents",
            triggers_when="Created",
            conditions=[
                insight.PropertyConditionProperties(
                    condition_properties=insight.AutomationRulePropertyValuesCondition(
                        property_name="IncidentTitle", operator="Contains", property_values=["nothing of that name"]
                    )
                )
            ],
        ),
        actions=[
            insight.AutomationRuleModifyPropertiesAction(
                order=1, action_configuration=insight.IncidentPropertiesAction(severity="Low")
            )
        ],
    )
    made = sentinel.automation_rules.create_or_update(GROUP, WORKSPACE, name, rule)
    same((made.display_name, made.actions[0].action_type), ("walk", "ModifyProperties"))
    found = sentinel.automation_rules.get(GROUP, WORKSPACE, name)
    same(found.triggering_logic.conditions[0].condition_properties.property_name, "IncidentTitle")
    same(name in [one.name for one in sentinel.automation_rules.list(GROUP, WORKSPACE)], True)
    sentinel.automation_rules.delete(GROUP, WORKSPACE, name)


def bookmarks():
    name = str(uuid.uuid4())
    bookmark = insight.Bookmark(display_name="walk", query="SecurityAlert | take 1", labels=["walk"])
    same(sentinel.bookmarks.create_or_update(GROUP, WORKSPACE, name, bookmark).display_name, "walk")
    same(sentinel.bookmarks.get(GROUP, WORKSPACE, name).query, "SecurityAlert | take 1")
    incident = client.incident_of(alert).name
    sentinel.incident_relations.create_or_update(
        GROUP,
        WORKSPACE,
        incident,
        "walk-bookmark",
        insight.Relation(related_resource_id=sentinel.bookmarks.get(GROUP, WORKSPACE, name).id),
    )
    same([one.name for one in sentinel.incidents.list_bookmarks(GROUP, WORKSPACE, incident).value], [name])
    sentinel.incident_relations.delete(GROUP, WORKSPACE, incident, "walk-bookmark")
    sentinel.bookmarks.delete(GROUP, WORKSPACE, name)


check("securityinsight: incidents in pages", incident_pages)
check("securityinsight: incidents by filter", incident_filters)
check("securityinsight: an incident's members", incident_members)
check("securityinsight: make, write, conflict, delete", incident_life)
check("securityinsight: comments", comments)
check("securityinsight: alerts, entities, bookmarks of an incident", parts)
check("securityinsight: relations", relations)
check("securityinsight: alert rules", alert_rules)
check("securityinsight: data connectors", connectors)
check("securityinsight: onboarding states", onboarding)
check("securityinsight: automation rules", automation_rules)
check("securityinsight: bookmarks", bookmarks)


def query_types():
    answer = logs.query_workspace(
        WORKSPACE_ID,
        "print a = 1, b = 'x', c = true, d = 1.5, e = datetime(2024-01-01), f = dynamic({'k':[1]}), g = 1m, h = guid(null), i = int(3)",
        timespan=None,
    )
    found = answer.tables[0]
    kinds = [*found.columns_types]
    same(kinds, ["long", "string", "bool", "real", "datetime", "dynamic", "timespan", "guid", "int"])
    same(found.rows[0]["a"], 1)
    same(found.rows[0]["c"], True)
    same(found.rows[0]["e"].isoformat(), "2024-01-01T00:00:00+00:00")


def query_timespans():
    now = datetime.now(timezone.utc)
    for timespan in (timedelta(days=30), (now - timedelta(days=1), timedelta(days=2)), (now - timedelta(days=1), now + timedelta(days=1))):
        same(rows("SecurityAlert | count", timespan)[0][0] > 0, True)
    same(rows("SecurityAlert | count", (now - timedelta(days=9), now - timedelta(days=8)))[0][0], 0)


def query_options():
    answer = logs.query_workspace(
        WORKSPACE_ID,
        "SecurityAlert | summarize count() by Status | render barchart",
        timespan=None,
        server_timeout=300,
        include_statistics=True,
        include_visualization=True,
    )
    same(answer.statistics is not None, True)
    same(answer.visualization.get("visualization"), "barchart")


def query_error():
    for query, code in (("SecurityAlert | where", "SyntaxError"), ("Moon | take 1", "SemanticError")):
        error = refused(HttpResponseError, None, logs.query_workspace, WORKSPACE_ID, query, timespan=None)
        same(error.error.code, "BadArgumentError")
        same(error.error.innererror["code"], code)


def query_batch():
    one, two, three = logs.query_batch(
        [
            LogsBatchQuery(workspace_id=WORKSPACE_ID, query="SecurityAlert | count", timespan=timedelta(days=1)),
            LogsBatchQuery(workspace_id=WORKSPACE_ID, query="Moon | count", timespan=None),
            LogsBatchQuery(workspace_id=WORKSPACE_ID, query="print 1", timespan=None, include_statistics=True),
        ]
    )
    same((one.status, two.status, three.status), (LogsQueryStatus.SUCCESS, LogsQueryStatus.FAILURE, LogsQueryStatus.SUCCESS))
    same(three.tables[0].rows[0][0], 1)


def query_resource():
    resource = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.OperationalInsights/workspaces/{WORKSPACE}"
    same(logs.query_resource(resource, "SecurityIncident | count", timespan=None).tables[0].rows[0][0] > 0, True)


def query_workspaces():
    answer = logs.query_workspace(WORKSPACE_ID, "SecurityIncident | count", timespan=None, additional_workspaces=[WORKSPACE_ID])
    same(answer.tables[0].rows[0][0] > 0, True)


def query_open_incidents():
    found = rows(
        """
        let alerts = SecurityAlert | summarize arg_max(TimeGenerated, Status) by SystemAlertId | project SystemAlertId, AlertStatus = Status;
        SecurityIncident
        | where TimeGenerated > ago(30d) and AdditionalData.alertProductNames has "Azure Security Center"
        | summarize arg_max(TimeGenerated, *) by IncidentNumber
        | where Status != "Closed"
        | mv-expand SystemAlertId = AlertIds to typeof(string)
        | join kind=inner alerts on SystemAlertId
        | summarize Statuses = make_set(AlertStatus) by IncidentName, Status
        | where array_length(Statuses) == 1 and Statuses[0] != "New"
        """
    )
    same(sorted({row["Statuses"] for row in found}), ['["Dismissed"]', '["InProgress"]', '["Resolved"]'])


check("monitor-query: every type", query_types)
check("monitor-query: timespans", query_timespans)
check("monitor-query: statistics and rendering", query_options)
check("monitor-query: a bad query", query_error)
check("monitor-query: a batch", query_batch)
check("monitor-query: by resource id", query_resource)
check("monitor-query: more workspaces", query_workspaces)
check("monitor-query: open incidents whose alerts the owner has touched", query_open_incidents)
end()
