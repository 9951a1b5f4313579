//! Doctor over the twin: every check in a tenant where it passes and in one where it does not. What the twin does not play is
//! answered by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use lockstep_azure::{Auth, Cloud, Endpoints, InProcess, Options, Scope, Secret, Workspace};
use lockstep_core::{Preset, Time};
use lockstep_engine::{Check, Clock, LedgerFacts, LedgerFound, Mend, Status, examine};
use lockstep_twin::world::{Actor, AlertRef, Classification, Closing, NewAlert, Portal, Reason, Settings, Severity};
use serde_json::{Value, json};

use crate::tenant::Tenant;
use crate::wire::Disturbance;

/// How a tenant is examined.
struct Look {
    tenant: Tenant,
    /// What our clock shows beyond the service's, in seconds.
    skew: i64,
    ledger: LedgerFound,
    preset: Preset,
}

impl Look {
    /// A tenant with an alert, in which everything is as it should be.
    fn at(settings: Settings) -> Self {
        Self { tenant: Tenant::with(settings), skew: 0, ledger: LedgerFound::Nothing, preset: Preset::Seed }
    }

    fn well() -> Self {
        let look = Self::at(Settings::default());
        look.tenant.raise();
        look
    }

    async fn checks(&self) -> Vec<Check> {
        self.checks_of(&self.tenant.workspace()).await
    }

    async fn checks_of(&self, workspace: &Workspace) -> Vec<Check> {
        let seconds = self.tenant.twin.clock().now().unix_timestamp() + self.skew;
        let clock = Clock::starting_at(Time::from_ticks(seconds * Time::TICKS_PER_SECOND));
        let ledger = LedgerFacts { place: "ledger.db".to_owned(), found: self.ledger.clone() };
        examine(workspace, "https://management.azure.com/", &self.preset.policy(), &clock, ledger).await
    }

    /// Answers the next request of `method` whose path holds `path` by hand.
    fn says(&self, method: Method, path: &'static str, answers: Vec<(u16, Value)>) {
        let answers = answers
            .into_iter()
            .map(|(status, body)| Disturbance::Answer(status, &[], Box::leak(body.to_string().into_boxed_str())));
        self.tenant.wire.disturb(method, path, answers.collect());
    }
}

/// What came of the checks of this name, the worst.
fn worst(checks: &[Check], name: &str) -> Status {
    checks.iter().filter(|check| check.name == name).map(|check| check.status).max().expect("there is such a check")
}

fn found(checks: &[Check], name: &str) -> String {
    checks.iter().filter(|check| check.name == name).map(|check| check.found.clone()).collect::<Vec<_>>().join(" | ")
}

async fn check(look: &Look, name: &str, status: Status, words: &str) {
    let checks = look.checks().await;
    let found = found(&checks, name);
    assert_eq!(worst(&checks, name), status, "{name}: {found}");
    assert!(found.contains(words), "{name}: {found}");
}

fn close(tenant: &Tenant, alert: &AlertRef, comment: &str) {
    let closing = Closing {
        classification: Classification::BenignPositive,
        reason: Some(Reason::SuspiciousButExpected),
        comment: Some(comment.to_owned()),
    };
    let name = alert.incident_name.clone().unwrap();
    tenant.twin.with(|world| world.close_incident(&name, closing, &Actor::person("a@contoso.example"))).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_well_passes() {
    let checks = Look::well().checks().await;
    let found: BTreeMap<&str, Status> = checks.iter().map(|check| (check.name, worst(&checks, check.name))).collect();
    for (name, status) in found {
        let expected = match name {
            // The twin's application is Owner, and its portal is Azure's.
            "over-privilege" | "retirement" => Status::Warning,
            _ => Status::Ok,
        };
        let lines: Vec<_> = checks.iter().filter(|check| check.name == name).collect();
        assert_eq!(status, expected, "{lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_well_has_something_that_mends_it() {
    let look = Look::at(Settings { connector: false, incident_creation: false, ..Settings::default() });
    look.says(Method::GET, "/onboardingStates/", vec![(404, refusal("ResourceNotFound"))]);
    for check in look.checks().await.iter().filter(|check| check.status == Status::Failed) {
        let Some(Mend::Run(command)) = &check.mend else { panic!("{check:?}") };
        assert!(
            command.starts_with("az rest --method put --url 'https://management.azure.com/subscriptions/"),
            "{command}"
        );
        assert!(!check.asked.is_empty() && !check.why.is_empty() && !check.found.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_never_ok() {
    let look = Look::well();
    for method in [Method::GET, Method::POST] {
        let refused = (0..400).map(|_| Disturbance::Answer(501, &[], "")).collect();
        look.tenant.wire.disturb(method, "/subscriptions/", refused);
    }
    look.tenant.wire.disturb(Method::POST, "/query", (0..8).map(|_| Disturbance::Answer(501, &[], "")).collect());
    for check in look.checks().await.iter().filter(|check| !["ledger", "retirement"].contains(&check.name)) {
        assert!(matches!(check.status, Status::Unknown | Status::Failed), "{check:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_is_not_accepted_fails_and_leaves_the_rest_unknown() {
    let look = Look::well();
    let says = json!({"error": "invalid_client", "error_description": "AADSTS7000222: The secret is expired."});
    look.says(Method::POST, "/oauth2/", (0..400).map(|_| (401, says.clone())).collect());
    let checks = look.checks().await;
    assert_eq!(worst(&checks, "token"), Status::Failed);
    assert!(found(&checks, "token").contains("AADSTS7000222"));
    let mend = checks.iter().find(|check| check.name == "token").and_then(|check| check.mend.clone());
    assert_eq!(mend, Some(Mend::Do("the client secret has expired: make a new one".to_owned())));
    assert_eq!(worst(&checks, "rights"), Status::Unknown);
    assert_eq!(worst(&checks, "sentinel"), Status::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_points_elsewhere_is_no_endpoint() {
    let look = Look::well();
    let elsewhere = (0..400).map(|_| Disturbance::Answer(307, &[("location", "https://evil.example/")], "")).collect();
    look.tenant.wire.disturb(Method::GET, "/subscriptions/", elsewhere);
    check(&look, "endpoint", Status::Failed, "https://evil.example/").await;
}

#[tokio::test(start_paused = true)]
async fn clocks_may_differ_a_little() {
    for (skew, status, words) in [
        (0, Status::Ok, "apart at most"),
        (60, Status::Warning, "60 s apart"),
        (-60, Status::Warning, "60 s apart"),
        (600, Status::Failed, "600 s apart"),
    ] {
        check(&Look { skew, ..Look::well() }, "clock", status, words).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_is_another_one_is_found_out() {
    let look = Look::well();
    let it = look.tenant.twin.estate();
    let other = "11111111-2222-4333-8444-555555555555";
    let scope = Scope::new(&it.tenant_id, &it.subscription_id, &it.resource_group, &it.workspace_name, other).unwrap();
    let secret = Secret::from(look.tenant.twin.secrets().client_secret.expose().to_owned());
    let auth = Auth::ClientSecret { client_id: it.client_id.clone(), secret };
    let client = std::sync::Arc::new(InProcess(look.tenant.wire.clone()));
    let workspace = Workspace::new(Endpoints::of(Cloud::Public), scope, auth, client, Options::default()).unwrap();
    let checks = look.checks_of(&workspace).await;
    assert_eq!(worst(&checks, "workspace"), Status::Failed);
    let mend = checks.iter().find(|check| check.name == "workspace").and_then(|check| check.mend.clone());
    assert_eq!(mend, Some(Mend::Do(format!("set id = \"{}\" in [workspace]", it.workspace_id))));
}

#[tokio::test(start_paused = true)]
async fn rights_are_compared_with_what_the_policy_needs() {
    let look = Look::well();
    let me = look.tenant.twin.estate().client_object_id.clone();
    let subscription = look.tenant.twin.estate().subscription();
    look.tenant.twin.with(|world| {
        world.revoke_roles(&me);
        world.assign_role(&me, "Microsoft Sentinel Reader", &subscription, Duration::ZERO).unwrap();
    });
    check(&look, "rights", Status::Failed, "Microsoft.SecurityInsights/incidents/write | ").await;
    check(&look, "rights", Status::Failed, "Microsoft.Security/locations/alerts/read").await;
    check(&look, "plans", Status::Unknown, "lacks Microsoft.Security/pricings/read").await;
    let observe = Look { preset: Preset::Observe, ..look };
    let checks = observe.checks().await;
    let at_workspace = checks.iter().find(|it| it.name == "rights" && it.about == "the workspace").unwrap();
    assert!(!at_workspace.found.contains("write"), "who only looks needs no write: {}", at_workspace.found);
    check(&observe, "over-privilege", Status::Warning, "Microsoft.SecurityInsights/*/read").await;

    // With the roles that `lockstep roles` prints there is nothing to say.
    let exact = Look::well();
    let needs = lockstep_engine::needs(&Preset::Seed.policy());
    let actions: Vec<_> = needs.permissions().map(lockstep_azure::Permission::grant).collect();
    let page = json!({"value": [{"actions": actions, "notActions": []}]});
    exact.says(Method::GET, "/Microsoft.Authorization/permissions", vec![(200, page.clone()), (200, page)]);
    check(&exact, "over-privilege", Status::Ok, "nothing beyond what is needed").await;
}

#[tokio::test(start_paused = true)]
async fn sentinel_is_on_and_makes_incidents() {
    let look = Look::well();
    look.says(Method::GET, "/onboardingStates/", vec![(404, refusal("ResourceNotFound"))]);
    check(&look, "sentinel", Status::Failed, "not on").await;
    let off = Look::at(Settings { incident_creation: false, ..Settings::default() });
    check(&off, "creation-rule", Status::Failed, "none is on").await;
    let filtered = Look::well();
    let rule = json!({"kind": "MicrosoftSecurityIncidentCreation", "properties": {"displayName": "mine",
        "enabled": true, "productFilter": "Azure Security Center", "severitiesFilter": ["High"]}});
    filtered.says(Method::GET, "/alertRules", vec![(200, json!({"value": [rule]}))]);
    check(&filtered, "creation-rule", Status::Warning, "\"mine\" takes some alerts only (severity: High)").await;
}

#[tokio::test(start_paused = true)]
async fn the_defender_portal_is_told_and_what_it_leaves_out() {
    let look = Look::at(Settings { portal: Portal::Defender, ..Settings::default() });
    look.tenant.raise();
    // Changes are gathered for a while before the table tells them.
    look.tenant.twin.clock().step(Duration::from_secs(600));
    check(&look, "portal", Status::Warning, "Changes of 5 to 10 minutes").await;
    check(&look, "retirement", Status::Ok, "already").await;
    check(&look, "informational", Status::Ok, "0 of 1").await;
    check(&Look::at(Settings::default()), "portal", Status::Unknown, "no incident").await;

    let moved = Look::at(Settings::default());
    let informational = NewAlert { severity: Severity::Informational, ..NewAlert::default() };
    moved.tenant.twin.with(|world| {
        world.raise_alert(informational);
        let portal = Portal::Defender;
        let settings = Settings { portal, ..world.settings().clone() };
        world.set_settings(settings);
        world.raise_alert(NewAlert::default());
    });
    moved.tenant.twin.clock().step(Duration::from_secs(600));
    check(&moved, "informational", Status::Warning, "1 of 2").await;
}

#[tokio::test(start_paused = true)]
async fn whoever_else_acts_on_incidents_is_told() {
    let look = Look::well();
    let rule = |when: &str| {
        json!({"properties": {"displayName": "page on \u{1b}call", "order": 1,
            "triggeringLogic": {"isEnabled": true, "triggersOn": "Incidents", "triggersWhen": when, "conditions": []},
            "actions": [{"order": 1, "actionType": "RunPlaybook"}]}})
    };
    look.says(Method::GET, "/automationRules", vec![(200, json!({"value": [rule("Updated"), rule("Created")]}))]);
    check(&look, "automation", Status::Warning, "may set off \"page on").await;

    let article = Look::well();
    let alert = article.tenant.raise();
    let words = "Closed because action taken on Defender for Cloud alert by the subscription owner.";
    close(&article.tenant, &alert, words);
    check(&article, "logic-app", Status::Warning, "1 incidents were closed").await;

    let mut other = Look::well();
    let alert = other.tenant.raise();
    close(&other.tenant, &alert, "Closed because of what happened. [lockstep run 7]");
    check(&other, "other-instance", Status::Failed, "the ledger knows of no run").await;
    other.ledger = LedgerFound::Ledger { entries: 4, runs: 1 };
    check(&other, "other-instance", Status::Ok, "runs of its own").await;
}

#[tokio::test(start_paused = true)]
async fn an_incident_that_is_full_is_told() {
    let look = Look::well();
    let incident = look.tenant.raise().incident_name;
    look.tenant.twin.with(|world| {
        for _ in 1..150 {
            world.raise_alert(NewAlert { incident: incident.clone(), ..NewAlert::default() });
        }
    });
    check(&look, "crowded", Status::Warning, "1 hold 150").await;
}

#[tokio::test(start_paused = true)]
async fn every_subscription_is_connected_once() {
    let off = Look::at(Settings { connector: false, ..Settings::default() });
    check(&off, "connector", Status::Failed, "is off").await;
    let unknown = Look::well();
    unknown.says(Method::GET, "/dataConnectors", vec![(200, json!({"value": [{"kind": "Office365"}]}))]);
    check(&unknown, "connector", Status::Warning, "yet its alerts came in").await;
    let twice = Look::well();
    let id = &twice.tenant.twin.estate().subscription_id;
    let one = json!({"kind": "AzureSecurityCenter",
        "properties": {"subscriptionId": id, "dataTypes": {"alerts": {"state": "Enabled"}}}});
    twice.says(Method::GET, "/dataConnectors", vec![(200, json!({"value": [one, one]}))]);
    check(&twice, "duplicates", Status::Warning, "two connectors").await;
    let both = Look::well();
    let tenant = json!({"kind": "MicrosoftDefenderForCloudTenantBased"});
    both.says(Method::GET, "/dataConnectors", vec![(200, json!({"value": [one, tenant]}))]);
    check(&both, "duplicates", Status::Warning, "beside those of 1 subscriptions").await;
}

#[tokio::test(start_paused = true)]
async fn defender_for_cloud_is_set_up_in_every_subscription() {
    let look = Look::well();
    let free = json!({"name": "VirtualMachines", "properties": {"pricingTier": "Free"}});
    look.says(Method::GET, "/pricings", vec![(200, json!({"value": [free]}))]);
    check(&look, "plans", Status::Warning, "none of 1 is on").await;
    let id = look.tenant.twin.estate().subscription_id.clone();
    look.tenant.twin.with(|world| world.set_sync(&id, false));
    check(&look, "sync", Status::Warning, "off").await;
}

#[tokio::test(start_paused = true)]
async fn alerts_that_nothing_keeps_in_step_are_told() {
    let look = Look::well();
    let product_name = Some("Microsoft Defender Advanced Threat Protection".to_owned());
    look.tenant.twin.with(|world| world.raise_alert(NewAlert { product_name, ..NewAlert::default() }));
    check(&look, "endpoint-alerts", Status::Warning, "1 are of Defender for Endpoint").await;

    let unplaced = Look::well();
    let columns = ["Alerts", "Defender", "Informational", "Endpoint", "Unplaced", "Subscriptions", "Asked"];
    let columns: Vec<_> = columns.iter().map(|name| json!({"name": name, "type": "dynamic"})).collect();
    let rows = json!([[3, 3, 0, 0, 2, "[]", "2024-06-01T00:00:00Z"]]);
    let answer = json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]});
    let answer: &'static str = Box::leak(answer.to_string().into_boxed_str());
    let answers = vec![Disturbance::After(Box::new(|| ())), Disturbance::Answer(200, &[], answer)];
    unplaced.tenant.wire.disturb(Method::POST, "/query", answers);
    check(&unplaced, "unplaced", Status::Warning, "2 of 3 do not say it").await;
}

#[tokio::test(start_paused = true)]
async fn tables_that_stand_still_are_told() {
    let look = Look::well();
    check(&look, "freshness", Status::Ok, "ago, of 1 in 30 days").await;
    look.tenant.twin.clock().step(Duration::from_secs(8 * 86_400));
    check(&look, "freshness", Status::Warning, "8 days ago").await;
    check(&Look::at(Settings::default()), "freshness", Status::Warning, "0 rows in 30 days").await;
}

#[tokio::test(start_paused = true)]
async fn the_table_and_the_service_say_the_same() {
    let late = Look::at(Settings { delay: Duration::from_secs(600), ..Settings::default() });
    let alert = late.tenant.raise();
    late.tenant.twin.clock().step(Duration::from_secs(900));
    close(&late.tenant, &alert, "a test");
    check(&late, "agreement", Status::Ok, "behind for 1").await;

    let apart = Look::well();
    let alert = apart.tenant.raise();
    let id = lockstep_core::IncidentId::parse(alert.incident_name.as_deref().unwrap()).unwrap();
    let mut document = Value::Object(apart.tenant.workspace().incident(&id).await.unwrap().document().clone());
    document["properties"]["status"] = "Active".into();
    let path: &'static str = Box::leak(id.to_string().into_boxed_str());
    apart.says(Method::GET, path, vec![(200, document)]);
    check(&apart, "agreement", Status::Failed, "New in the table and Active at the service").await;
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_cannot_be_used_is_told() {
    let look = Look { ledger: LedgerFound::Unusable("it is a folder".to_owned()), ..Look::well() };
    check(&look, "ledger", Status::Failed, "it is a folder").await;
}

fn refusal(code: &str) -> Value {
    json!({"error": {"code": code, "message": "m"}})
}
