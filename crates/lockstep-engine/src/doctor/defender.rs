//! How Defender for Cloud is set up, subscription by subscription, and which alerts no product keeps in step.

use lockstep_azure::Connector;
use uuid::Uuid;

use super::check::{Asked, Check, Mend};
use super::facts::{Facts, Subscription};
use super::sentinel::in_defender_portal;

pub fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = Vec::new();
    for subscription in &facts.subscriptions {
        checks.push(connector(facts, subscription.id));
        checks.push(plans(subscription));
        checks.push(sync(facts, subscription));
    }
    checks.push(duplicates(facts));
    checks.push(informational(facts));
    checks.push(endpoint(facts));
    checks.push(unplaced(facts));
    checks
}

fn connector(facts: &Facts, id: Uuid) -> Check {
    let check = Asked::new(
        "connector",
        "the workspace's data connectors",
        "without one the subscription's alerts never reach Sentinel",
    )
    .about(format!("subscription {id}"));
    let connectors = match &facts.connectors {
        Err(error) => return check.unread(error),
        Ok(connectors) => connectors,
    };
    let own = connectors.iter().find_map(|connector| match connector {
        Connector::Subscription { subscription, is_enabled } if *subscription == id => Some(*is_enabled),
        _ => None,
    });
    let of_tenant = connectors.iter().any(|connector| matches!(connector, Connector::Tenant { .. }));
    let brings = facts.alerts.as_ref().is_ok_and(|survey| survey.subscriptions.contains(&id));
    match own {
        Some(true) => check.ok("the subscription's own is on"),
        _ if of_tenant => check.ok("the tenant's is there"),
        // What connects a whole tenant is in no published specification.
        _ if brings => check.warning("none that is known is on, yet its alerts came in within 30 days", None),
        Some(false) => check.failed("the subscription's own is off", connect(facts, id)),
        None => check.failed("there is none", connect(facts, id)),
    }
}

fn connect(facts: &Facts, id: Uuid) -> Mend {
    Mend::Run(format!(
        "az rest --method put --url '{}{}/providers/Microsoft.SecurityInsights/dataConnectors/{id}?api-version=2024-03-01' --body \
         '{{\"kind\":\"AzureSecurityCenter\",\"properties\":{{\"subscriptionId\":\"{id}\",\"dataTypes\":{{\"alerts\":{{\"state\":\"Enabled\"}}}}}}}}'",
        facts.arm, facts.workspace
    ))
}

fn plans(subscription: &Subscription) -> Check {
    let id = subscription.id;
    let check = Asked::new("plans", "Defender for Cloud's plans", "alerts come from plans that are on")
        .about(format!("subscription {id}"));
    match &subscription.plans {
        Err(error) => check.unread(error),
        Ok(plans) => {
            let on: Vec<&str> = plans.iter().filter(|plan| plan.is_on).map(|plan| plan.name.as_str()).collect();
            if on.is_empty() {
                let mend =
                    format!("az security pricing create --name VirtualMachines --tier standard --subscription {id}");
                return check.warning(format!("none of {} is on", plans.len()), Mend::Run(mend));
            }
            check.ok(format!("{} of {} are on: {}", on.len(), plans.len(), on.join(", ")))
        }
    }
}

fn sync(facts: &Facts, subscription: &Subscription) -> Check {
    let id = subscription.id;
    let check = Asked::new(
        "sync",
        "the setting of bi-directional sync",
        "it is what closes an alert when its incident is closed",
    )
    .about(format!("subscription {id}"));
    match &subscription.sync {
        Err(error) => check.unread(error),
        Ok(true) => check.ok("on"),
        Ok(false) => check.warning(
            "off: closing an incident leaves its alerts as they are",
            Mend::Run(format!(
                "az rest --method put --url '{}/subscriptions/{id}/providers/Microsoft.Security/settings/Sentinel?api-version=2022-05-01' \
                 --body '{{\"kind\":\"AlertSyncSettings\",\"properties\":{{\"enabled\":true}}}}'",
                facts.arm
            )),
        ),
    }
}

fn duplicates(facts: &Facts) -> Check {
    let check = Asked::new(
        "duplicates",
        "the workspace's data connectors",
        "an alert that comes twice has two incidents, and each holds the other back",
    );
    let connectors = match &facts.connectors {
        Err(error) => return check.unread(error),
        Ok(connectors) => connectors,
    };
    let mut of_subscriptions: Vec<Uuid> = connectors
        .iter()
        .filter_map(|connector| match connector {
            Connector::Subscription { subscription, is_enabled: true } => Some(*subscription),
            _ => None,
        })
        .collect();
    of_subscriptions.sort_unstable();
    let twice = of_subscriptions.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    let of_tenant = connectors.iter().any(|connector| matches!(connector, Connector::Tenant { .. }));
    let mend =
        || Mend::Do("Sentinel > Data connectors: keep one of them, the tenant's where both are there".to_owned());
    match (twice, of_tenant && !of_subscriptions.is_empty()) {
        (Some(id), _) => check.warning(format!("two connectors bring the alerts of subscription {id}"), mend()),
        (None, true) => check.warning(
            format!("the tenant's connector is there beside those of {} subscriptions", of_subscriptions.len()),
            mend(),
        ),
        (None, false) => check.ok("no subscription is connected twice"),
    }
}

fn informational(facts: &Facts) -> Check {
    let check = Asked::new(
        "informational",
        "the alerts of 30 days",
        "informational alerts do not come to the Defender portal, so that their status follows nothing there",
    );
    match (&facts.alerts, in_defender_portal(facts)) {
        (Err(error), _) => check.unread(error),
        (Ok(_), None) => check.unknown("which portal the workspace is in is not known", None),
        (Ok(survey), Some(true)) if survey.informational > 0 => {
            check.warning(format!("{} of {} are informational", survey.informational, survey.defender), None)
        }
        (Ok(survey), _) => {
            check.ok(format!("{} of {} are informational, and come in", survey.informational, survey.defender))
        }
    }
}

fn endpoint(facts: &Facts) -> Check {
    let check = Asked::new(
        "endpoint-alerts",
        "the alerts of 30 days",
        "no product keeps the status of Defender for Endpoint's alerts about machines in the cloud in step, and lockstep does not",
    );
    match &facts.alerts {
        Err(error) => check.unread(error),
        Ok(survey) if survey.endpoint == 0 => check.ok("none is of Defender for Endpoint about a machine in the cloud"),
        Ok(survey) => {
            check.warning(format!("{} are of Defender for Endpoint about machines in the cloud", survey.endpoint), None)
        }
    }
}

fn unplaced(facts: &Facts) -> Check {
    let check = Asked::new(
        "unplaced",
        "where the alerts of 30 days say that they are",
        "an alert that does not say where it is cannot be read, and its incident is left alone",
    );
    match &facts.alerts {
        Err(error) => check.unread(error),
        Ok(survey) if survey.unplaced == 0 => check.ok(format!("all {} say it", survey.defender)),
        Ok(survey) => check.warning(format!("{} of {} do not say it", survey.unplaced, survey.defender), None),
    }
}
