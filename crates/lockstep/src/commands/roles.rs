//! `lockstep roles`: the custom roles that the policy needs. Asks nobody and writes nothing.

use lockstep_azure::roles;
use lockstep_engine::needs;
use uuid::Uuid;

use crate::arguments::{Roles, RolesFormat};
use crate::exit_code::ExitCode;
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::Place;

/// Shows the roles for the workspace and for every subscription that is named.
///
/// # Errors
/// A subscription or a principal is no GUID.
pub fn run(place: &Place, options: &Roles, screen: &mut Screen) -> Result<ExitCode, Problem> {
    let mut subscriptions =
        options.subscription.iter().map(|text| guid("subscription", text)).collect::<Result<Vec<_>, _>>()?;
    if subscriptions.is_empty() {
        subscriptions.push(place.scope.subscription());
    }
    let principal = options.principal.as_deref().map(|text| guid("principal", text)).transpose()?;
    let roles = roles(needs(&place.policy.policy), &place.scope, &subscriptions);
    match options.format {
        RolesFormat::Text => render::roles(place, &roles, principal, screen),
        RolesFormat::Json => screen.json(&render::roles_json(&roles, principal)),
        RolesFormat::Arm => screen.json(&render::roles_template(place, &roles)),
    }
    Ok(ExitCode::Done)
}

fn guid(what: &str, text: &str) -> Result<Uuid, Problem> {
    text.parse().ok().filter(|_| text.len() == 36).ok_or_else(|| {
        let found = text.escape_debug();
        let problem = Problem::usage(format!(
            "\"{found}\" is no {what}: a GUID such as 6f1e2d3c-4b5a-4988-8776-655443322110 is wanted"
        ));
        if what == "principal" {
            problem.hint("it is the object id of the service principal: az ad sp show --id CLIENT-ID --query id -o tsv")
        } else {
            problem
        }
    })
}
