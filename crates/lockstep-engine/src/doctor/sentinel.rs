//! How Sentinel is set up: on, making incidents, in which portal, and who else acts on incidents.

use lockstep_azure::{AutomationRule, CreationRule};
use lockstep_core::Time;

use super::check::{Asked, Check, Mend};
use super::facts::{Facts, LedgerFound};
use super::service::days_until;

pub fn checks(facts: &Facts) -> Vec<Check> {
    vec![
        onboarded(facts),
        creation_rule(facts),
        portal(facts),
        retirement(facts),
        automation(facts),
        logic_app(facts),
        other_instance(facts),
        crowded(facts),
    ]
}

fn onboarded(facts: &Facts) -> Check {
    let check = Asked::new(
        "sentinel",
        "Sentinel's onboarding state of the workspace",
        "without Sentinel there are no incidents",
    );
    match &facts.onboarded {
        Err(error) => check.unread(error),
        Ok(true) => check.ok("Sentinel is on"),
        Ok(false) => check.failed("Sentinel is not on", put(facts, "onboardingStates/default", r#"{"properties":{}}"#)),
    }
}

fn creation_rule(facts: &Facts) -> Check {
    let check = Asked::new(
        "creation-rule",
        "the rules that make incidents of Defender for Cloud's alerts",
        "an alert without an incident has nothing to be kept in step with",
    );
    let rules = match &facts.rules {
        Err(error) => return check.unread(error),
        Ok(rules) => rules,
    };
    let of_defender = |rule: &&CreationRule| PRODUCTS.iter().any(|product| rule.product.eq_ignore_ascii_case(product));
    let on: Vec<&CreationRule> = rules.iter().filter(of_defender).filter(|rule| rule.is_enabled).collect();
    let Some(rule) = on.iter().find(|rule| !is_filtered(rule)).or(on.first()) else {
        if in_defender_portal(facts) == Some(true) {
            return check
                .ok("none is on, as in every workspace of the Defender portal, which makes the incidents itself");
        }
        let body = r#"{"kind":"MicrosoftSecurityIncidentCreation","properties":{"displayName":"Create incidents based on Microsoft Defender for Cloud","enabled":true,"productFilter":"Azure Security Center"}}"#;
        return check.failed("none is on", put(facts, "alertRules/DefenderForCloudIncidents", body));
    };
    if !is_filtered(rule) {
        return check.ok(format!("\"{}\" is on, without a filter", rule.name));
    }
    let filters = [("severity", &rule.severities), ("name", &rule.names), ("not by name", &rule.excluded)];
    let filters: Vec<String> = filters
        .iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(by, words)| format!("{by}: {}", words.join(", ")))
        .collect();
    check.warning(
        format!("\"{}\" takes some alerts only ({})", rule.name, filters.join("; ")),
        Mend::Do(
            "if all should have incidents: Sentinel > Analytics > the rule > Edit, and clear its filters".to_owned(),
        ),
    )
}

fn is_filtered(rule: &CreationRule) -> bool {
    !(rule.severities.is_empty() && rule.names.is_empty() && rule.excluded.is_empty())
}

/// Whether the workspace is in the Defender portal; `None` where nothing says so.
pub fn in_defender_portal(facts: &Facts) -> Option<bool> {
    let survey = facts.incidents.as_ref().ok()?;
    (survey.incidents > 0).then_some(survey.defender_portal > 0)
}

fn portal(facts: &Facts) -> Check {
    let check = Asked::new(
        "portal",
        "the provider of the incidents of 30 days",
        "in the Defender portal incidents are made, merged and updated by other rules",
    );
    match (&facts.incidents, in_defender_portal(facts)) {
        (Err(error), _) => check.unread(error),
        (Ok(_), None) => check.unknown("there was no incident in 30 days", None),
        (Ok(_), Some(false)) => check.ok("the Azure portal's: \"Azure Sentinel\""),
        (Ok(survey), Some(true)) => check.warning(
            format!(
                "{} of {} are of \"Microsoft XDR\": the workspace is in the Defender portal. Changes of 5 to 10 minutes come \
                 as one, merged incidents are closed with the tag Redirected, and informational alerts do not come at all",
                survey.defender_portal, survey.incidents
            ),
            None,
        ),
    }
}

fn retirement(facts: &Facts) -> Check {
    let check = Asked::new(
        "retirement",
        "today's date",
        "after 2027-03-31 Sentinel is in the Defender portal alone, which turns incident creation rules off",
    );
    let days = days_until(facts.now, RETIREMENT);
    match in_defender_portal(facts) {
        Some(true) => check.ok("the workspace is in the Defender portal already"),
        _ if days >= 0 => check.warning(
            format!("{days} days are left until Sentinel leaves the Azure portal"),
            Mend::Do("plan the move: Defender portal > System > Settings > Microsoft Sentinel".to_owned()),
        ),
        Some(false) => check.warning("Sentinel has left the Azure portal, and incidents still look like its own", None),
        None => check.unknown("Sentinel has left the Azure portal; where this workspace is, is not known", None),
    }
}

fn automation(facts: &Facts) -> Check {
    let check = Asked::new(
        "automation",
        "the automation rules of the workspace",
        "each update that we make may set them off, and a mass update sets them off as often",
    );
    let rules = match &facts.automation {
        Err(error) => return check.unread(error),
        Ok(rules) => rules,
    };
    let fired: Vec<&AutomationRule> = rules.iter().filter(|rule| rule.is_enabled && rule.follows_status).collect();
    let names = |rules: &[&AutomationRule]| {
        let shown: Vec<String> = rules.iter().take(SHOWN).map(|rule| format!("\"{}\"", rule.name)).collect();
        let more = rules.len().saturating_sub(SHOWN);
        if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
    };
    if fired.is_empty() || !facts.needs.incidents {
        return check.ok(format!("none of {} is set off by our updates", rules.len()));
    }
    let acting: Vec<&AutomationRule> = fired.iter().copied().filter(|it| it.runs_playbook || it.sets_status).collect();
    if acting.is_empty() {
        return check
            .ok(format!("our updates may set off {}, none of which runs a playbook or sets a status", names(&fired)));
    }
    check.warning(
        format!("a change of status may set off {}, which run playbooks or set a status themselves", names(&acting)),
        Mend::Do("Sentinel > Automation: add a condition to each that should not follow lockstep".to_owned()),
    )
}

fn logic_app(facts: &Facts) -> Check {
    let check = Asked::new(
        "logic-app",
        "the closing texts of the incidents of 30 days",
        "a second synchroniser writes over the first, and closes what this one holds back",
    );
    match &facts.incidents {
        Err(error) => check.unread(error),
        Ok(survey) if survey.closed_by_article == 0 => check.ok("none is that of the published Logic App"),
        Ok(survey) => check.warning(
            format!("{} incidents were closed in the words of the published Logic App", survey.closed_by_article),
            Mend::Run(
                "az resource list --resource-type Microsoft.Logic/workflows --query \"[?contains(name, 'SyncDfCAlerts')].id\" -o tsv \
                 | xargs -r -n1 -I{} az rest --method post --url \"{}/disable?api-version=2019-05-01\""
                    .to_owned(),
            ),
        ),
    }
}

fn other_instance(facts: &Facts) -> Check {
    let check = Asked::new(
        "other-instance",
        "the marks in the closing texts of 30 days, compared with the ledger",
        "two instances with two ledgers undo each other's work, and neither knows the whole of it",
    );
    let survey = match &facts.incidents {
        Err(error) => return check.unread(error),
        Ok(survey) => survey,
    };
    match (survey.closed_by_lockstep, &facts.ledger.found) {
        (0, _) => check.ok("no incident carries lockstep's mark"),
        (marked, LedgerFound::Ledger { entries: 1.., runs: 1.. }) => {
            check.ok(format!("{marked} incidents carry lockstep's mark, and the ledger has runs of its own"))
        }
        (marked, _) => check.failed(
            format!("{marked} incidents carry lockstep's mark, and the ledger knows of no run"),
            Mend::Do("use the ledger of the instance that closed them, or stop that instance".to_owned()),
        ),
    }
}

fn crowded(facts: &Facts) -> Check {
    let check = Asked::new(
        "crowded",
        "how many alerts the incidents of 30 days hold",
        "an incident shows 150 alerts at most, so that of a full one nobody can say that all are finished",
    );
    match &facts.incidents {
        Err(error) => check.unread(error),
        Ok(survey) if survey.crowded == 0 => check.ok("none holds 150"),
        Ok(survey) => check.warning(format!("{} hold 150; they are never closed by lockstep", survey.crowded), None),
    }
}

/// A command that writes a resource of the workspace's Sentinel.
fn put(facts: &Facts, resource: &str, body: &str) -> Mend {
    Mend::Run(format!(
        "az rest --method put --url '{}{}/providers/Microsoft.SecurityInsights/{resource}?api-version=2024-03-01' --body '{body}'",
        facts.arm, facts.workspace
    ))
}

const PRODUCTS: [&str; 2] = ["Azure Security Center", "Microsoft Defender for Cloud"];

/// 2027-03-31, the end of that day. Source: <https://learn.microsoft.com/azure/sentinel/move-to-defender>.
const RETIREMENT: Time = Time::from_ticks(1_806_537_600 * Time::TICKS_PER_SECOND);

const SHOWN: usize = 5;
