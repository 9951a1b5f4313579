"""Calls every operation that the twin serves, and has the vendor's validator hold the recorded traffic against its specifications.

    tour.py SPECIFICATIONS FOLDER OAV

SPECIFICATIONS is a folder of the vendor's OpenAPI files, each subfolder with a README.md that says which path a file has in the
vendor's repository; FOLDER is for what is recorded; OAV is the validator's program. The environment is the twin's env file.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from report import check, end
from service import ARM, Specification, assemble, send, token

INCIDENT = {"properties": {"title": "tour", "severity": "Low", "status": "New", "labels": [{"labelName": "tour"}]}}
GUID = str(uuid.UUID(int=7))
# What is sent, by operation; the others need no body.
BODIES = {
    "ResourceGroups_CreateOrUpdate": {"location": "westeurope"},
    "Alerts_Simulate": {"properties": {"kind": "Bundles", "bundles": ["DNS", "VirtualMachines", "KeyVaults"]}},
    "AlertsSuppressionRules_Update": {"properties": {"alertType": "IpAnomaly", "reason": "FalsePositive", "state": "Enabled"}},
    "Settings_Update": {"kind": "AlertSyncSettings", "properties": {"enabled": True}},
    "Pricings_Update": {"properties": {"pricingTier": "Standard"}},
    "Incidents_CreateOrUpdate": INCIDENT,
    "IncidentComments_CreateOrUpdate": {"properties": {"message": "tour"}},
    "IncidentTasks_CreateOrUpdate": {"properties": {"title": "tour", "status": "New", "description": "tour"}},
    "AlertRules_CreateOrUpdate": {
        "kind": "MicrosoftSecurityIncidentCreation",
        "properties": {"displayName": "tour", "enabled": False, "productFilter": "Azure Security Center"},
    },
    "AutomationRules_CreateOrUpdate": {
        "properties": {
            "displayName": "tour",
            "order": 1,
            "triggeringLogic": {"isEnabled": False, "triggersOn": "Incidents", "triggersWhen": "Created", "conditions": []},
            "actions": [{"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"severity": "Low"}}],
        }
    },
    "Bookmarks_CreateOrUpdate": {"properties": {"displayName": "tour", "query": "SecurityAlert | take 1"}},
    "DataConnectors_CreateOrUpdate": {"kind": "Office365", "properties": {"tenantId": os.environ["TENANT"], "dataTypes": {"exchange": {"state": "Enabled"}, "sharePoint": {"state": "Enabled"}, "teams": {"state": "Enabled"}}}},
    "SentinelOnboardingStates_Create": {"properties": {}},
    "RoleDefinitions_CreateOrUpdate": {
        "properties": {"roleName": "tour", "permissions": [{"actions": ["Microsoft.Security/alerts/read"]}], "assignableScopes": []}
    },
    "Query_Execute": {"query": "SecurityIncident | take 3"},
    "Query_ResourceExecute": {"query": "SecurityAlert | take 3", "timespan": "P1D"},
    "Query_ArmExecute": {"query": "SecurityAlert | take 3"},
    "Query_Batch": {
        "requests": [
            {"id": "1", "workspace": os.environ["WORKSPACE_ID"], "path": "/query", "method": "POST", "body": {"query": "print 1"}},
            {"id": "2", "workspace": os.environ["WORKSPACE_ID"], "path": "/query", "method": "POST", "body": {"query": "Moon"}},
        ]
    },
    "DirectoryObjects_GetByIds": {"ids": []},
}
# What is asked beside the api-version.
QUERIES = {
    "Metadata_Endpoints": {"api-version": "2023-01-01"},
    "Query_Get": {"query": "SecurityAlert | take 2", "timespan": "P1D"},
    "Query_ResourceGet": {"query": "SecurityAlert | take 2", "timespan": "P1D"},
    # Its specification calls the api-version by this name too.
    "Query_ArmGet": {"query": "SecurityAlert | take 2", "timespan": "P1D", "apiVersion": "2017-10-01"},
    "ActivityLogs_List": {"$filter": "eventTimestamp ge '2020-01-01T00:00:00Z' and eventTimestamp le '2999-01-01T00:00:00Z'"},
    "Incidents_List": {"$top": "2", "$orderby": "properties/createdTimeUtc desc", "$filter": "properties/status ne 'Closed'"},
}
# Where a specification contradicts its own examples and what the service is seen to answer: the twin answers as the service.
CONTRADICTED = [
    (r"^response: INVALID_TYPE Expected type object but found type string \(alerts.json", "members of entities are texts in the examples"),
    (r"^response: INVALID_TYPE Expected type string but found type \w+ \((swagger|OperationalInsights).json", "cells have their types"),
    (r"^response: OBJECT_ADDITIONAL_PROPERTIES .*: (correlationId|line|pos|token) \(OperationalInsights", "the service says where a query is wrong"),
]
# The order in which one resource's operations make sense.
ORDER = ["PUT", "PATCH", "HEAD", "GET", "POST", "DELETE"]


class Tour:
    def __init__(self):
        self.arm, self.logs, self.graph = token(ARM), token(os.environ["TWIN_LOGS"]), token(ARM)
        raised = [send("POST", f"{ARM}/_twin/alerts", {"kind": kind})[2]["value"][0] for kind in ("DNS", "SqlServers")]
        self.other, alert = raised[0]["systemAlertId"], raised[1]
        self.names = {
            "tenant": os.environ["TENANT"],
            "subscription": os.environ["SUBSCRIPTION"],
            "group": os.environ["RESOURCE_GROUP"],
            "workspace": os.environ["WORKSPACE_NAME"],
            "customer": os.environ["WORKSPACE_ID"],
            "location": alert["id"].split("/locations/")[1].split("/")[0],
            "alert": alert["name"],
            "alert_group": alert["id"].split("/")[4],
            "incident": alert["incident"],
            "part": GUID,
            "provider": "Microsoft.Security",
            "table": "SecurityAlert",
            "solution": f"SecurityInsights({os.environ['WORKSPACE_NAME']})",
            "id": GUID,
            "operation": "none",
        }

    def name(self, operation):
        """What `{name}` stands for."""
        fixed = {"Settings": "Sentinel", "Pricings": "VirtualMachines", "SentinelOnboardingStates": "default"}
        return fixed.get(operation["name"].split("_")[0], GUID)

    def path(self, operation):
        of_group = "Microsoft.Security" in operation["path"] and "SecurityInsights" not in operation["path"]
        names = self.names | {"name": self.name(operation)}
        if of_group:
            names["group"] = names["alert_group"]
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], operation["path"])

    def body(self, operation):
        name = operation["name"]
        if name == "IncidentRelations_CreateOrUpdate":
            sentinel = re.sub(r"\{(\w+)\}", lambda found: self.names[found[1]], operation["path"].split("/incidents/")[0])
            return {"properties": {"relatedResourceId": f"{sentinel}/entities/{self.other}"}}
        if name == "RoleAssignments_Create":
            role = "39bc4728-0917-49c7-9d2c-d95423bc2eb4"
            definition = f"/subscriptions/{self.names['subscription']}/providers/Microsoft.Authorization/roleDefinitions/{role}"
            return {"properties": {"roleDefinitionId": definition, "principalId": str(uuid.uuid4()), "principalType": "ServicePrincipal"}}
        return BODIES.get(name)

    def call(self, operation, version, specification=None, path=None, body=None):
        """Makes one call, and answers it as the validator wants it recorded."""
        query = dict(QUERIES.get(operation["name"], {}))
        if version:
            query["api-version"] = version
        path = path or self.path(operation)
        host = os.environ["TWIN_LOGS"] if path.startswith("/v1/") else ARM
        url = f"{host}{urllib.parse.quote(path, safe='/$()')}" + ("?" + urllib.parse.urlencode(query, safe="$/") if query else "")
        right = self.logs if path.startswith("/v1/") else self.arm
        headers = {"Authorization": f"Bearer {right}", "x-ms-correlation-request-id": str(uuid.uuid4())}
        body = self.body(operation) if body is None else body
        if body is not None:
            headers["Content-Type"] = "application/json"
        status, received, answer = send(operation["method"], url, body, headers)
        # The validator finds a specification by its version, which Log Analytics' own paths do not have.
        recorded = url if version or not specification else f"{url}{'&' if '?' in url else '?'}api-version={specification.version}"
        told = {"headers": {}, "method": operation["method"], "url": recorded}
        if body is not None:
            told |= {"body": body, "headers": {"Content-Type": "application/json"}}
        heard = {"statusCode": str(status), "headers": received}
        if answer != "":
            heard["body"] = answer
        return status, {"liveRequest": told, "liveResponse": heard}


def main(source, folder, oav):
    assemble(source, folder / "specifications")
    files = sorted((folder / "specifications").rglob("*.json"))
    specifications = [one for one in map(Specification, files) if one.text.get("paths")]
    traffic = folder / "traffic"
    shutil.rmtree(traffic, ignore_errors=True)
    served = send("GET", f"{ARM}/_twin/operations")[2]["value"]
    tour = Tour()
    unspecified, recorded = set(), {}

    def record(specification, operation, path, exchange):
        area = specification.file.relative_to(folder / "specifications/specification").parts[0]
        place = traffic / area
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{sum(1 for _ in place.iterdir()):04}-{operation['name']}.json").write_text(json.dumps(exchange, indent=1))
        known = recorded.setdefault(area, set())
        known.add((specification.file.name, specification.version, specification.operation(operation["method"], path)))

    def stops(operation):
        path = tour.path(operation)
        versions = operation["versions"] or [None]
        found = [
            (one, one.version if operation["versions"] else None)
            for one in specifications
            if one.operation(operation["method"], path) and (one.version in versions or versions == [None])
        ]
        return found or [(None, versions[-1])]

    def walk(operation, specification, version):
        if specification is None:
            unspecified.add(operation["name"])
        status, exchange = tour.call(operation, version, specification)
        if specification is not None:
            record(specification, operation, tour.path(operation), exchange)
            if operation["method"] == "GET" and operation["path"].endswith("}"):
                gone = operation["path"].rsplit("/", 1)[0] + f"/{uuid.UUID(int=9)}"
                names = tour.names | {"name": tour.name(operation)}
                _, missing = tour.call(operation, version, specification, re.sub(r"\{(\w+)\}", lambda f: names[f[1]], gone))
                record(specification, operation, tour.path(operation), missing)
        # Where no specification is at hand, the clients' walks judge; what is asked here may be about nothing that there is.
        if status > (399 if specification else 499):
            raise AssertionError(f"{status}: {exchange['liveResponse'].get('body')}")

    skipped = {"IdentityToken", "IdentityEndpoint", "Token", "TokenV1"}  # signing in was the first thing done
    groups = {}
    for operation in served:
        if set(re.findall(r"\{(\w+)\}", operation["path"])) - {"name", *tour.names}:
            # What it is about is nothing that the tour has made.
            unspecified.add(operation["name"])
        elif operation["name"] not in skipped:
            # What an incident holds is called before the incident is gone.
            last = operation["name"] == "Incidents_Delete"
            resource = operation["name"].split("_")[0] + operation["path"].rsplit("/providers/", 1)[0]
            groups.setdefault((last, resource), []).append(operation)
    for _, operations in sorted(groups.items(), key=lambda group: group[0][0]):
        for operation in sorted(operations, key=lambda one: ORDER.index(one["method"])):
            for specification, version in stops(operation):
                at = f" {version}" if version else ""
                check(f"call: {operation['name']}{at} {operation['path'].split('/providers/')[0].count('/') // 2}", walk, operation, specification, version)

    def validate(area):
        calls, report = traffic / area, traffic / f"{area}.json"
        words = [oav, "validate-traffic", calls, folder / "specifications/specification" / area, "--jsonReport", report]
        words += ["--report", traffic / f"{area}.html", "--logLevel", "error"]
        return area, report, subprocess.run([*map(str, words)], capture_output=True, text=True, cwd=folder)

    with ThreadPoolExecutor(2) as pool:
        for area, report, done in pool.map(validate, recorded):
            found = check(f"validate: the traffic of {area} can be held against its specifications", read, report, done)
            for name, version, operation in sorted(recorded[area]) if found else []:
                check(f"validate: {operation} {version} ({name})", judged, found, name, version, operation)
    print(f"without a specification here: {', '.join(sorted(unspecified))}")
    end()


def read(report, done):
    """What the validator reports. It ends badly by itself where it cannot draw its report as a page."""
    if not report.exists():
        raise AssertionError((done.stdout + done.stderr)[-800:])
    return json.loads(report.read_text())


def judged(found, name, version, operation):
    """Raises where the validator found an error in an operation's calls, or did not know them as the operation's."""
    is_here = lambda one: one["spec"].endswith(f"/{version}/{name}") or f"/{version}/" not in one["spec"] and one["spec"].endswith(f"/{name}")
    errors = [one for one in found["errors"] if is_here(one) and one["operationId"] == operation]
    texts = {f"{one['issueSource']}: {one['errorCode']} {one['errorMessage']} ({one['schemaPathWithPosition'].rsplit('/', 1)[1]})" for one in errors}
    texts = {text for text in texts if not any(re.search(pattern, text) for pattern, _ in CONTRADICTED)}
    if texts:
        raise AssertionError("; ".join(sorted(texts)))
    passed = {name for one in found["passedOperationsList"] if is_here(one) for name in one["operationIds"]}
    if not errors and operation not in passed:
        raise AssertionError("the validator found no call of it")


main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3])
