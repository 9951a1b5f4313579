//! The published Logic App beside lockstep: each situation is played twice on the same twin, once with either, and what came of it is
//! a row of docs/guide/side-by-side.md.

use std::fs;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use lockstep_engine::Engine;
use lockstep_twin::world::{
    Actor, AlertRef, AlertStatus, Classification, Closing, NewAlert, Portal, Settings, Severity, World,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::article_flow::{Identity, template};
use crate::tenant::{Tenant, as_false_positive, left, pass};

/// A situation: what is set up and what happens, with a run after each act.
struct Situation {
    says: &'static str,
    settings: fn() -> Settings,
    acts: &'static [fn(&Tenant, &mut Vec<AlertRef>)],
}

/// Who keeps the twin in step.
enum Tool {
    LogicApp,
    Lockstep(Box<Engine>, Vec<String>),
}

impl Tool {
    /// One run, an hour and a little after whatever happened last.
    async fn run(&mut self, tenant: &Tenant) {
        tokio::time::advance(Duration::from_secs(3_601)).await;
        match self {
            Self::LogicApp => assert_eq!(tenant.twin.run_workflows().await, 1),
            Self::Lockstep(engine, why) => *why = left(&pass(engine).await.unwrap()),
        }
    }
}

async fn send(tenant: &Tenant, request: Request<Body>) -> Value {
    let response = tenant.twin.router().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap_or_default()
}

/// Deploys the Logic App in a group of its own, and switches it on.
async fn logic_app(tenant: &Tenant) -> Tool {
    let estate = tenant.twin.estate().clone();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://management.azure.com/.default",
        estate.client_id,
        tenant.twin.secrets().client_secret.expose()
    );
    let url = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", estate.tenant_id);
    let token = send(tenant, Request::post(url).body(Body::from(form)).unwrap()).await;
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let group = format!("https://management.azure.com/subscriptions/{}/resourceGroups/rg-apps", estate.subscription_id);
    let call = async |method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(format!("{group}{path}")).header("authorization", &bearer);
        let request = request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap();
        send(tenant, request).await
    };
    call("PUT", "?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let deployment = json!({"properties": {"mode": "Incremental", "template": template(Identity::System), "parameters": {
        "WorkspaceName": {"value": estate.workspace_name}, "WorkspaceGroup": {"value": estate.resource_group}
    }}});
    call("PUT", "/providers/Microsoft.Resources/deployments/sync?api-version=2021-04-01", deployment).await;
    let enable = "/providers/Microsoft.Logic/workflows/logic-sync/enable?api-version=2019-05-01";
    call("POST", enable, Value::Null).await;
    Tool::LogicApp
}

/// What came of it: how often the tool wrote, and how the incident of the first alert stands in the end.
async fn played(situation: &Situation, with_lockstep: bool) -> String {
    let tenant = Tenant::with((situation.settings)());
    let mut tool = if with_lockstep {
        let engine = tenant.engine().await;
        Tool::Lockstep(Box::new(engine), Vec::new())
    } else {
        logic_app(&tenant).await
    };
    let mut alerts = Vec::new();
    for act in situation.acts {
        act(&tenant, &mut alerts);
        tool.run(&tenant).await;
    }
    let writes = match tenant.twin.stats().of("Incidents_CreateOrUpdate") {
        1 => "1 write".to_owned(),
        many => format!("{many} writes"),
    };
    let closed = alerts.iter().filter(|alert| tenant.incident(alert).starts_with("Closed")).count();
    let state =
        if alerts.len() > 2 { format!("{closed} of {} closed", alerts.len()) } else { tenant.incident(&alerts[0]) };
    match tool {
        Tool::Lockstep(_, why) if !why.is_empty() && alerts.len() <= 2 => {
            format!("{writes}: {state}; {}", why.join("; "))
        }
        _ => format!("{writes}: {state}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_says_what_either_does() {
    let mut rows = String::new();
    for situation in SITUATIONS {
        let (theirs, ours) = (played(situation, false).await, played(situation, true).await);
        rows.push_str(&format!("| {} | {theirs} | {ours} |\n", situation.says));
    }
    let page = include_str!("../../../../docs/guide/side-by-side.md");
    assert!(page.contains(&rows), "the page's table is to be:\n{rows}");
}

fn usual() -> Settings {
    Settings::default()
}

fn in_defender() -> Settings {
    Settings { portal: Portal::Defender, ..Settings::default() }
}

fn raise(tenant: &Tenant, alerts: &mut Vec<AlertRef>) {
    alerts.push(tenant.raise());
}

fn nothing(_: &Tenant, _: &mut Vec<AlertRef>) {}

fn raise_dismissed(tenant: &Tenant, alerts: &mut Vec<AlertRef>) {
    alerts.push(tenant.raised_as(AlertStatus::Dismissed));
}

/// Rows of an incident with two alerts, the first resolved, the second as `second` says; none where that is empty.
fn loaded(tenant: &Tenant, alerts: &mut Vec<AlertRef>, product: &str, second: &str) {
    let folder = TempDir::new().unwrap();
    let (incident, ids) = ("00000000-0000-4000-8000-000000000001", [guid(101), guid(102)]);
    let names = if second == "-" { &ids[..1] } else { &ids[..] };
    let row = json!({
        "TimeGenerated": "2024-05-31T00:00:00Z", "IncidentName": incident, "IncidentNumber": 1, "Title": "t",
        "Severity": Severity::High.as_str(), "Status": "New", "AlertIds": names,
        "AdditionalData": {"alertsCount": names.len(), "alertProductNames": [product]},
    });
    fs::write(folder.path().join("SecurityIncident.jsonl"), format!("{row}\n")).unwrap();
    let alert = |id: &str, status: &str| {
        format!(
            "{}\n",
            json!({
                "TimeGenerated": "2024-05-31T00:00:00Z", "SystemAlertId": id, "Status": status, "ProductName": product,
                "AlertName": "An alert",
            })
        )
    };
    let mut rows = alert(&ids[0], "Resolved");
    if !second.is_empty() && second != "-" {
        rows.push_str(&alert(&ids[1], second));
    }
    fs::write(folder.path().join("SecurityAlert.jsonl"), rows).unwrap();
    tenant.twin.load(folder.path()).unwrap();
    let alert = tenant.twin.world().alerts().next().map(|alert| alert.name.clone()).unwrap();
    alerts.push(AlertRef {
        alert_id: String::new(),
        alert_name: alert,
        system_alert_id: ids[0].clone(),
        incident_name: Some(incident.into()),
    });
}

fn guid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

#[expect(clippy::ptr_arg, reason = "it is one of a list of like functions, of which others add alerts")]
fn analyst_activates(tenant: &Tenant, alerts: &mut Vec<AlertRef>) {
    tenant.analyst(&alerts[0], |world, name, by| world.activate_incident(name, by).unwrap());
}

/// What the published Logic App and lockstep meet, each with the run of either after each act.
const SITUATIONS: &[Situation] = &[
    Situation {
        says: "an alert is set in progress",
        settings: usual,
        acts: &[|tenant, alerts| {
            alerts.push(tenant.raised_as(AlertStatus::InProgress));
        }],
    },
    Situation { says: "an alert is dismissed", settings: usual, acts: &[raise_dismissed] },
    Situation {
        says: "an alert is resolved",
        settings: usual,
        acts: &[|tenant, alerts| {
            alerts.push(tenant.raised_as(AlertStatus::Resolved));
        }],
    },
    Situation {
        says: "of two alerts one is dismissed, one resolved",
        settings: usual,
        acts: &[|tenant, alerts| {
            raise_dismissed(tenant, alerts);
            let more = NewAlert { incident: alerts[0].incident_name.clone(), ..NewAlert::default() };
            let more = tenant.twin.with(|world| world.raise_alert(more));
            tenant.set(&more, AlertStatus::Resolved);
        }],
    },
    Situation {
        says: "of two alerts one is resolved, the other has no row",
        settings: usual,
        acts: &[|tenant, alerts| {
            loaded(tenant, alerts, "Azure Security Center", "");
        }],
    },
    Situation {
        says: "of two alerts one is resolved, the other in the state Unknown",
        settings: usual,
        acts: &[|tenant, alerts| {
            loaded(tenant, alerts, "Azure Security Center", "Unknown");
        }],
    },
    Situation {
        says: "an alert of Azure Security Center for IoT is resolved",
        settings: usual,
        acts: &[|tenant, alerts| {
            loaded(tenant, alerts, "Azure Security Center for IoT", "-");
        }],
    },
    Situation {
        says: "an alert is dismissed whose incident Defender XDR made",
        settings: in_defender,
        acts: &[raise_dismissed],
    },
    Situation {
        says: "an alert is dismissed whose incident has been quiet for 40 days; seven hours later",
        settings: usual,
        acts: &[
            raise,
            |tenant, alerts| {
                tenant.twin.clock().step(Duration::from_secs(40 * 86_400));
                tenant.set(&alerts[0], AlertStatus::Dismissed);
            },
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
        ],
    },
    Situation {
        says: "an alert is dismissed, then reactivated",
        settings: usual,
        acts: &[raise_dismissed, |tenant, alerts| {
            tenant.set(&alerts[0], AlertStatus::Active);
        }],
    },
    Situation {
        says: "an alert is dismissed, then resolved",
        settings: usual,
        acts: &[raise_dismissed, |tenant, alerts| {
            tenant.set(&alerts[0], AlertStatus::Resolved);
        }],
    },
    Situation {
        says: "an alert is dismissed, then an analyst sets its incident active",
        settings: usual,
        acts: &[|tenant, alerts| {
            raise_dismissed(tenant, alerts);
            analyst_activates(tenant, alerts);
        }],
    },
    Situation {
        says: "an analyst reopens the incident of a dismissed alert",
        settings: usual,
        acts: &[raise_dismissed, analyst_activates],
    },
    Situation {
        says: "an analyst closes the incident of an alert as a false positive",
        settings: usual,
        acts: &[raise, |tenant, alerts| {
            tenant.analyst(&alerts[0], |world, name, by| world.close_incident(name, as_false_positive(), by).unwrap());
        }],
    },
    Situation {
        says: "an analyst closes one of two incidents that hold an alert, as undetermined; this is the other",
        settings: usual,
        acts: &[|tenant, alerts| {
            raise(tenant, alerts);
            raise(tenant, alerts);
            let (one, other) = (alerts[0].system_alert_id.clone(), alerts[1].incident_name.clone().unwrap());
            let analyst = Actor::person("analyst@contoso.example");
            tenant.twin.with(|world: &mut World| {
                world.relate_alert(&other, &one, None, &analyst).unwrap();
                let closing = Closing { classification: Classification::Undetermined, reason: None, comment: None };
                world.close_incident(&other, closing, &analyst).unwrap();
            });
        }],
    },
    Situation {
        says: "somebody dismisses 60 of 100 alerts within a minute",
        settings: usual,
        acts: &[|tenant, alerts| {
            (0..100).for_each(|_| raise(tenant, alerts));
            alerts.iter().take(60).for_each(|alert| tenant.set(alert, AlertStatus::Dismissed));
        }],
    },
];
