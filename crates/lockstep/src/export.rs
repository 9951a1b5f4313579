//! Templates of homes in Azure, made from a policy. What a home cannot do of a policy is refused or named, never left out silently.

mod container;
mod form;
mod logic_app;
mod parts;
mod roles;

use serde_json::Value;

use container::Container;

use crate::arguments::{ExportCommand, RolesAt};
use crate::policy_file::ChosenPolicy;
use crate::problem::Problem;

/// The template that is asked for, or the portal's form for it.
///
/// # Errors
/// The home cannot do what the policy says.
pub fn made(command: ExportCommand, chosen: impl FnOnce() -> Result<ChosenPolicy, Problem>) -> Result<Value, Problem> {
    Ok(match command {
        ExportCommand::LogicApp { form: true } => form::logic_app(),
        ExportCommand::ContainerJob { form: true } => form::container(form::SCHEDULE),
        ExportCommand::ContainerApp { form: true } => form::container(form::INTERVAL),
        ExportCommand::LogicApp { form: false } => logic_app::template(&chosen()?.policy)?,
        ExportCommand::ContainerJob { form: false } => container::template(Container::Job, &chosen()?).into(),
        ExportCommand::ContainerApp { form: false } => container::template(Container::App, &chosen()?).into(),
        ExportCommand::Roles { at: RolesAt::Workspace } => roles::workspace(&chosen()?.policy).into(),
        ExportCommand::Roles { at: RolesAt::Subscription } => roles::subscription(&chosen()?.policy).into(),
        ExportCommand::Roles { at: RolesAt::ManagementGroup } => roles::management_group(&chosen()?.policy).into(),
        ExportCommand::AlertWriter => roles::alert_writer(&chosen()?.policy).into(),
        ExportCommand::Delegation => roles::delegation().into(),
    })
}

/// The image that deploy/home.toml names; empty as long as none is published. A test compares.
const HOME_IMAGE: &str = "";
