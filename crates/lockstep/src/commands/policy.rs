//! `lockstep policy`: what a policy does, and the form of its file. All but `approve` need no cloud.

mod approve;
mod cases;

pub use cases::Tried;

use lockstep_core::Preset;

use crate::arguments::{Common, Format, PolicyCommand};
use crate::exit_code::ExitCode;
use crate::policy_file::{self, ChosenPolicy};
use crate::problem::Problem;
use crate::render::{self, Screen};
use crate::settings::{self, Environment, Settings};

/// Does what was asked for.
///
/// # Errors
/// There is no such policy, or it cannot be used.
pub fn run(
    command: PolicyCommand,
    common: &Common,
    environment: &Environment,
    screen: &mut Screen,
) -> Result<ExitCode, Problem> {
    match command {
        PolicyCommand::Explain { named, format } => {
            let chosen = chosen(named.as_deref(), common)?;
            match format {
                Format::Text => render::policy(&chosen, screen),
                Format::Json => screen.json(&render::policy_json(&chosen)),
            }
        }
        PolicyCommand::Test { cases: file, format } => {
            let tried = cases::try_all(&file, &chosen(None, common)?.policy)?;
            match format {
                Format::Text => render::cases(&tried, screen),
                Format::Json => screen.json(&render::cases_json(&tried)),
            }
            let right = tried.iter().all(Tried::is_right);
            return Ok(if right { ExitCode::Done } else { ExitCode::Usage });
        }
        PolicyCommand::Approve { by, pass } => {
            let settings = Settings::read(common, environment)?;
            let by = super::approve::who(by.as_deref(), environment)?;
            approve::run(&settings, by, pass, screen)?;
        }
        PolicyCommand::Show { preset } => screen.bytes(policy_file::text(&named(&preset)?.policy()).as_bytes()),
        PolicyCommand::Schema => screen.json(&policy_file::schema()),
    }
    Ok(ExitCode::Done)
}

fn chosen(typed: Option<&str>, common: &Common) -> Result<ChosenPolicy, Problem> {
    typed.map_or_else(|| settings::policy(common), policy_file::typed)
}

fn named(preset: &str) -> Result<Preset, Problem> {
    Preset::named(preset).ok_or_else(|| {
        let names = Preset::ALL.iter().map(|preset| preset.name());
        let problem = Problem::usage(format!("\"{}\" is no preset", preset.escape_debug()));
        match policy_file::nearest(preset, names.clone()) {
            Some(near) => problem.hint(format!("did you mean {near}?")),
            None => problem.hint(format!("the presets are {}", names.collect::<Vec<_>>().join(", "))),
        }
    })
}
