//! Whether the identity may do what the policy needs, and no more.

use std::fmt::Write;

use lockstep_azure::{Error, Level, Needs, Permission, Rights, reaches};

use super::check::{Asked, Check, Mend};
use super::facts::Facts;

pub fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = Vec::from(both(facts.needs, Level::Workspace, "the workspace", &facts.rights));
    for subscription in &facts.subscriptions {
        let about = format!("subscription {}", subscription.id);
        checks.extend(both(facts.needs, Level::Subscription, &about, &subscription.rights));
    }
    if facts.not_looked_at > 0 {
        let asked = Asked::new("rights", "the identity's rights", "what is not looked at is not known")
            .about("further subscriptions");
        let found = format!("{} further subscriptions were not looked at", facts.not_looked_at);
        checks.push(asked.unknown(found, None));
    }
    checks
}

fn both(needs: Needs, level: Level, about: &str, rights: &Result<Rights, Error>) -> [Check; 2] {
    let enough = Asked::new(
        "rights",
        "what the identity may do there, compared with what the policy needs",
        "a pass stops at the first right that is missing",
    )
    .about(about);
    let more = Asked::new(
        "over-privilege",
        "what the identity may do there, compared with what the policy needs",
        "whoever gets hold of the identity may do all of it",
    )
    .about(about);
    let rights = match rights {
        Err(error) => return [enough.unread(error), more.unread(error)],
        Ok(rights) => rights,
    };
    let needed: Vec<&Permission> = needs.permissions().filter(|permission| permission.at == level).collect();
    [held(enough, rights, &needed), excess(more, rights, needs)]
}

fn held(check: Asked, rights: &Rights, needed: &[&Permission]) -> Check {
    let missing: Vec<&str> =
        needed.iter().map(|permission| permission.action).filter(|action| !rights.allow(action)).collect();
    if missing.is_empty() {
        return check.ok(format!("all {} actions that are needed", needed.len()));
    }
    check.failed(
        format!("{} missing: {}", missing.len(), missing.join(", ")),
        Mend::Run("lockstep roles --principal OBJECT-ID".to_owned()),
    )
}

/// Rights that are given above reach down, so what either level needs is no excess at the other.
fn excess(check: Asked, rights: &Rights, needs: Needs) -> Check {
    let grants: Vec<&str> = needs.permissions().map(Permission::grant).collect();
    let mut more: Vec<&str> =
        rights.named().filter(|named| !grants.iter().any(|grant| reaches(grant, named))).collect();
    more.sort_unstable();
    more.dedup();
    if more.is_empty() {
        return check.ok("nothing beyond what is needed");
    }
    let mut found = more.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if more.len() > SHOWN {
        write!(found, " and {} more", more.len() - SHOWN).expect("a String takes all that is written");
    }
    check.warning(
        format!("it may also: {found}"),
        Mend::Do("replace its roles by those of `lockstep roles --principal OBJECT-ID`".to_owned()),
    )
}

const SHOWN: usize = 8;
