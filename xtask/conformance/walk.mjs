// Walks the twin with the vendor's JavaScript SDKs: @azure/identity, arm-security, arm-securityinsight, monitor-query-logs.
//
// The environment is the env file of `lockstep twin`; NODE_EXTRA_CA_CERTS names its certificate.

import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential } from "@azure/identity";
import { SecurityCenter } from "@azure/arm-security";
import { SecurityInsights } from "@azure/arm-securityinsight";
import { LogsQueryClient, LogsQueryResultStatus } from "@azure/monitor-query-logs";

const { TWIN_ARM, TWIN_LOGIN, TWIN_LOGS, TENANT, SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE_NAME, WORKSPACE_ID, CLIENT_ID, CLIENT_SECRET } =
  process.env;
const here = { authorityHost: TWIN_LOGIN, disableInstanceDiscovery: true };
const scope = `${TWIN_ARM}/.default`;
const where = [RESOURCE_GROUP, WORKSPACE_NAME];

const credential = new ClientSecretCredential(TENANT, CLIENT_ID, CLIENT_SECRET, here);
const arm = { endpoint: TWIN_ARM, credentialScopes: scope, retryOptions: { maxRetries: 0 } };
const security = new SecurityCenter(credential, SUBSCRIPTION, arm);
const sentinel = new SecurityInsights(credential, SUBSCRIPTION, arm);
const logs = new LogsQueryClient(credential, { endpoint: `${TWIN_LOGS}/v1`, audience: `${TWIN_LOGS}/.default` });

let checks = 0;
let failed = 0;

async function check(name, act) {
  checks += 1;
  try {
    const answer = await act();
    console.log(`ok ${name}`);
    return answer;
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${`${error.name}: ${error.message}`.replace(/\s+/g, " ").slice(0, 600)}`);
  }
}

function same(found, expected) {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
}

async function refused(status, code, act) {
  try {
    await act();
  } catch (error) {
    same([error.statusCode, code && error.code], [status, code]);
    return error;
  }
  throw new Error("it was not refused");
}

async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

async function rows(query, timespan = { duration: "P30D" }) {
  const answer = await logs.queryWorkspace(WORKSPACE_ID, query, timespan);
  same(answer.status, LogsQueryResultStatus.Success);
  return answer.tables[0].rows;
}

await check("identity: a client secret", async () => same((await credential.getToken(scope)).token.split(".").length, 3));
await check("identity: a wrong secret", async () => {
  const wrong = new ClientSecretCredential(TENANT, CLIENT_ID, "wrong", here);
  try {
    await wrong.getToken(scope);
  } catch (error) {
    return same([error.name, /AADSTS7000215/.test(error.message)], ["AuthenticationRequiredError", true]);
  }
  throw new Error("it was not refused");
});
await check("identity: a client assertion", async () => {
  const own = await credential.getToken("api://AzureADTokenExchange/.default");
  const federated = new ClientAssertionCredential(TENANT, CLIENT_ID, async () => own.token, here);
  same((await federated.getToken(scope)).token.split(".").length, 3);
});
await check("identity: managed identity by IDENTITY_ENDPOINT", async () => {
  same((await new ManagedIdentityCredential().getToken(scope)).token.split(".").length, 3);
});

const location = (await all(security.locations.list()))[0].name;

// Where the three sides stand.
const sides = {
  async raise(bundle = "DNS") {
    const known = new Set((await all(security.alerts.list())).map((alert) => alert.name));
    await security.alerts.simulate(location, { properties: { kind: "Bundles", bundles: [bundle] } });
    return (await all(security.alerts.list())).find((alert) => !known.has(alert.name)).name;
  },
  async defender(alert) {
    return (await security.alerts.getSubscriptionLevel(location, alert)).status;
  },
  async sentinel(alert) {
    const newest = "summarize arg_max(TimeGenerated, *) by SystemAlertId | project Status";
    return (await rows(`SecurityAlert | where VendorOriginalId == '${alert}' | ${newest}`))[0][0];
  },
  async incident(alert) {
    const holds = "mv-expand Id = AlertIds to typeof(string)) on $left.SystemAlertId == $right.Id | project IncidentName";
    const found = await rows(
      `SecurityAlert | where VendorOriginalId == '${alert}' | distinct SystemAlertId
       | join kind=inner (SecurityIncident | summarize arg_max(TimeGenerated, *) by IncidentNumber | ${holds}`,
    );
    return sentinel.incidents.get(...where, found[0][0]);
  },
  async write(alert, change) {
    const incident = await sides.incident(alert);
    return sentinel.incidents.createOrUpdate(...where, incident.name, { ...incident, ...change });
  },
};

const closed = { status: "Closed", classification: "TruePositive", classificationReason: "SuspiciousActivity" };
// The article's table: who acts, and what the three sides say after. This SDK's api-version cannot set an alert in progress.
for (const [name, act, expected] of [
  ["new alert", async () => {}, ["Active", "New", "New"]],
  ["the owner dismisses the alert", (alert) => security.alerts.updateSubscriptionLevelStateToDismiss(location, alert), ["Dismissed", "Dismissed", "New"]],
  ["the owner resolves the alert", (alert) => security.alerts.updateSubscriptionLevelStateToResolve(location, alert), ["Resolved", "Resolved", "New"]],
  [
    "the owner opens the alert again",
    async (alert) => {
      await security.alerts.updateSubscriptionLevelStateToDismiss(location, alert);
      await security.alerts.updateSubscriptionLevelStateToActivate(location, alert);
    },
    ["Active", "New", "New"],
  ],
  ["the analyst sets the incident active", (alert) => sides.write(alert, { status: "Active" }), ["Active", "New", "Active"]],
  ["the analyst closes the incident", (alert) => sides.write(alert, closed), ["Resolved", "Resolved", "Closed"]],
]) {
  await check(`table: ${name}`, async () => {
    const alert = await sides.raise();
    await act(alert);
    same([await sides.defender(alert), await sides.sentinel(alert), (await sides.incident(alert)).status], expected);
  });
}

const alert = await check("arm-security: raise an alert", () => sides.raise("VirtualMachines"));

await check("arm-security: lists at every scope", async () => {
  const [one] = (await all(security.alerts.list())).filter(({ name }) => name === alert);
  const group = one.id.split("/")[4];
  const names = async (list) => (await all(list)).filter(({ name }) => name === alert).length;
  same(await names(security.alerts.listSubscriptionLevelByRegion(location)), 1);
  same(await names(security.alerts.listByResourceGroup(group)), 1);
  same(await names(security.alerts.listResourceGroupLevelByRegion(location, group)), 1);
  same((await security.alerts.getResourceGroupLevel(location, alert, group)).vendorName, "Microsoft");
  await security.alerts.updateResourceGroupLevelStateToDismiss(location, alert, group);
  same(await sides.defender(alert), "Dismissed");
  await security.alerts.updateResourceGroupLevelStateToActivate(location, alert, group);
});
await check("arm-security: an alert's members", async () => {
  const one = await security.alerts.getSubscriptionLevel(location, alert);
  same([one.systemAlertId, one.type, one.timeGeneratedUtc instanceof Date], [alert, "Microsoft.Security/Locations/alerts", true]);
  same(Array.isArray(one.entities) && one.alertDisplayName.startsWith("[SAMPLE ALERT]"), true);
});
await check("arm-security: an alert that is not there", () =>
  refused(404, undefined, () => security.alerts.getSubscriptionLevel(location, "none")),
);
await check("arm-security: suppression rules", async () => {
  const rule = { alertType: "IpAnomaly", reason: "FalsePositive", state: "Enabled", comment: "walked" };
  same((await security.alertsSuppressionRules.update("walk", rule)).comment, "walked");
  same((await security.alertsSuppressionRules.get("walk")).state, "Enabled");
  same((await all(security.alertsSuppressionRules.list())).some(({ name }) => name === "walk"), true);
  await security.alertsSuppressionRules.delete("walk");
  await refused(404, undefined, () => security.alertsSuppressionRules.get("walk"));
});
await check("arm-security: settings", async () => {
  same((await security.settings.get("MCAS")).kind, "DataExportSettings");
  same((await all(security.settings.list())).length >= 3, true);
});
await check("arm-security: pricings", async () => {
  same((await security.pricings.list()).value.length > 3, true);
  same(["Free", "Standard"].includes((await security.pricings.get("VirtualMachines")).pricingTier), true);
});

await check("arm-securityinsight: incidents in pages", async () => {
  const names = async (options) => (await all(sentinel.incidents.list(...where, options))).map(({ name }) => name);
  const whole = await names();
  same(whole.length >= 5, true);
  same(await names({ top: 2 }), whole);
  same(await names({ top: 3, orderby: "properties/createdTimeUtc asc" }), whole.reverse());
});
await check("arm-securityinsight: incidents by filter", async () => {
  const found = await all(sentinel.incidents.list(...where, { filter: "properties/status eq 'Closed'" }));
  same([...new Set(found.map(({ status }) => status))], ["Closed"]);
  await refused(400, "BadRequest", () => all(sentinel.incidents.list(...where, { filter: "properties/moon eq" })));
});
await check("arm-securityinsight: an incident's members", async () => {
  const incident = await sides.incident(alert);
  same([incident.providerName, incident.providerIncidentId], ["Azure Sentinel", `${incident.incidentNumber}`]);
  same(incident.additionalData.alertProductNames, ["Azure Security Center"]);
  same([incident.createdTimeUtc instanceof Date, incident.id.includes("/Incidents/")], [true, true]);
});
await check("arm-securityinsight: make, write, conflict, delete", async () => {
  const name = randomUUID();
  const put = (more) => sentinel.incidents.createOrUpdate(...where, name, { title: "walk", severity: "Low", status: "New", ...more });
  const made = await put({ labels: [{ labelName: "walk" }] });
  const newer = await put({ etag: made.etag, severity: "High", owner: { assignedTo: "Ada" } });
  same([newer.severity, newer.etag === made.etag, newer.owner.assignedTo], ["High", false, "Ada"]);
  await refused(409, "Conflict", () => put({ etag: made.etag }));
  await refused(400, "BadRequest", () => put({ status: "Closed" }));
  await sentinel.incidents.delete(...where, name);
  await sentinel.incidents.delete(...where, name);
  await refused(404, "NotFound", () => sentinel.incidents.get(...where, name));
});
await check("arm-securityinsight: comments", async () => {
  const [{ name: incident }, name] = [await sides.incident(alert), randomUUID()];
  same((await sentinel.incidentComments.createOrUpdate(...where, incident, name, { message: "walked" })).message, "walked");
  same((await all(sentinel.incidentComments.list(...where, incident))).length, 1);
  await sentinel.incidentComments.delete(...where, incident, name);
});
await check("arm-securityinsight: alerts, entities, bookmarks, relations", async () => {
  const { name } = await sides.incident(alert);
  same((await sentinel.incidents.listAlerts(...where, name)).value.map((one) => [one.kind, one.providerAlertId]), [["SecurityAlert", alert]]);
  const { entities, metaData } = await sentinel.incidents.listEntities(...where, name);
  same(entities.length, metaData.reduce((sum, { count }) => sum + count, 0));
  same((await sentinel.incidents.listBookmarks(...where, name)).value, []);
  same((await all(sentinel.incidentRelations.list(...where, name))).map((one) => one.relatedResourceKind), ["SecurityAlert"]);
});
await check("arm-securityinsight: alert rules, connectors, automation rules, onboarding", async () => {
  const rules = await all(sentinel.alertRules.list(...where));
  same(rules.filter(({ kind }) => kind === "MicrosoftSecurityIncidentCreation").map(({ enabled }) => enabled), [true]);
  const connectors = await all(sentinel.dataConnectors.list(...where));
  same(connectors.filter(({ kind }) => kind === "AzureSecurityCenter").map((one) => one.dataTypes.alerts.state), ["Enabled"]);
  same(await all(sentinel.automationRules.list(...where)), []);
  same((await sentinel.sentinelOnboardingStates.list(...where)).value.length, 1);
});

await check("monitor-query-logs: every type", async () => {
  const answer = await logs.queryWorkspace(
    WORKSPACE_ID,
    "print a = 1, b = 'x', c = true, d = 1.5, e = datetime(2024-01-01), f = dynamic({'k': 1}), g = 1m, i = int(3)",
    { duration: "P1D" },
  );
  const [row] = answer.tables[0].rows;
  same(answer.tables[0].columnDescriptors.map(({ type }) => type), ["long", "string", "bool", "real", "datetime", "dynamic", "timespan", "int"]);
  same([row[0], row[1], row[2], row[3], row[4].toISOString(), row[5]], [1, "x", true, 1.5, "2024-01-01T00:00:00.000Z", { k: 1 }]);
});
await check("monitor-query-logs: timespans", async () => {
  const [endTime, startTime] = [new Date(Date.now() + 60_000), new Date(Date.now() - 86_400_000)];
  for (const timespan of [{ duration: "P30D" }, { startTime, duration: "PT2592000S" }, { startTime, endTime }, { duration: "P1D", endTime }]) {
    same((await rows("SecurityAlert | count", timespan))[0][0] > 0, true);
  }
});
await check("monitor-query-logs: statistics and rendering", async () => {
  const options = { includeQueryStatistics: true, includeVisualization: true, serverTimeoutInSeconds: 60 };
  const answer = await logs.queryWorkspace(WORKSPACE_ID, "SecurityAlert | summarize count() by Status | render piechart", { duration: "P1D" }, options);
  same([typeof answer.statistics, answer.visualization.visualization], ["object", "piechart"]);
});
await check("monitor-query-logs: a bad query", async () => {
  const error = await refused(400, "BadArgumentError", () => rows("SecurityAlert | where"));
  same(/innererror/.test(JSON.stringify(error.response?.bodyAsText ?? error.details ?? {})) || error.code === "BadArgumentError", true);
});
await check("monitor-query-logs: a batch", async () => {
  const timespan = { duration: "P1D" };
  const [one, two] = await logs.queryBatch([
    { workspaceId: WORKSPACE_ID, query: "SecurityAlert | count", timespan },
    { workspaceId: WORKSPACE_ID, query: "Moon | count", timespan },
  ]);
  same([one.status, two.status], ["Success", "PartialFailure"]);
});
await check("monitor-query-logs: by resource id", async () => {
  const resource = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${RESOURCE_GROUP}/providers/Microsoft.OperationalInsights/workspaces/${WORKSPACE_NAME}`;
  const answer = await logs.queryResource(resource, "SecurityIncident | count", { duration: "P1D" });
  same(answer.tables[0].rows[0][0] > 0, true);
});

// The walk's last line, without which it counts as broken off.
console.log(`end ${checks}`);
process.exitCode = failed ? 1 : 0;
