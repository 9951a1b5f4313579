//! What a twin can be told at its start, or later through its own calls: who exists, switches, limits, faults, rights.
//!
//! The same members in a file, in process and under `/_twin/`; every one may be left out.

use serde::{Deserialize, Serialize};

use crate::Twin;
use crate::estate::Estate;
use crate::faults::Fault;
use crate::throttle::Limit;
use crate::world::Settings;

/// What a twin starts from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// Names and ids of what exists.
    pub estate: Estate,
    /// The switches of the world.
    pub switches: Settings,
    /// How often a caller may ask; without limits of its own and without a factor, as often as it likes.
    pub throttles: Rate,
    /// What fails, and when.
    pub faults: FaultPlan,
    /// Who is in which roles. A principal that is not named keeps what it has from the start: Owner, for the application and
    /// the managed identity.
    pub rights: Vec<PrincipalRights>,
}

/// Which limits are on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    /// The documented limits, so many times as high.
    pub factor: Option<f64>,
    /// Limits of one's own.
    pub limits: Vec<Limit>,
}

/// Which faults are set, and what chance is drawn from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultPlan {
    /// What chance is drawn from.
    pub seed: u64,
    /// The faults.
    pub faults: Vec<Fault>,
}

/// The roles of one principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrincipalRights {
    /// The Entra object.
    #[serde(rename = "principalId")]
    pub principal_id: String,
    /// Its roles: these alone.
    pub roles: Vec<GivenRole>,
}

/// One role of a principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenRole {
    /// Its name or its id.
    pub role: String,
    /// The ARM id at and below which it holds; the first subscription where none is given.
    #[serde(default)]
    pub scope: Option<String>,
}

impl Rate {
    /// The limits that are on.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn limits(&self) -> Result<Vec<Limit>, String> {
        if let Some(factor) = self.factor.filter(|factor| !(*factor > 0.0 && factor.is_finite())) {
            return Err(format!("the factor {factor} must be above 0"));
        }
        let documented = self.factor.map(Limit::documented).unwrap_or_default();
        let limits: Vec<Limit> = self.limits.iter().cloned().chain(documented).collect();
        match limits.iter().find(|limit| !(limit.count > 0.0 && limit.seconds > 0.0)) {
            Some(limit) => Err(format!("the limit on '{}' needs a count and seconds above 0", limit.operation)),
            None => Ok(limits),
        }
    }
}

impl Twin {
    /// Sets limits, faults and rights as `setup` says. Estate and switches are of the start: they are in
    /// [`Options`](crate::Options).
    ///
    /// # Errors
    /// What cannot be set; nothing is set then.
    pub fn set_up(&self, setup: &Setup) -> Result<(), String> {
        let limits = setup.throttles.limits()?;
        setup.faults.faults.iter().try_for_each(Fault::check)?;
        for rights in &setup.rights {
            self.knows_roles(rights)?;
        }
        self.throttles().set(limits);
        self.faults().seed(setup.faults.seed);
        self.faults().set(setup.faults.faults.clone());
        setup.rights.iter().try_for_each(|rights| self.give(rights))
    }

    /// Puts a principal into these roles alone; they hold after the switch `rights_delay`.
    ///
    /// # Errors
    /// There is no such role; nothing is changed then.
    pub fn give(&self, rights: &PrincipalRights) -> Result<(), String> {
        self.knows_roles(rights)?;
        let mut world = self.world();
        let (delay, subscription) = (world.settings().rights_delay, self.estate().subscription());
        world.revoke_roles(&rights.principal_id);
        for given in &rights.roles {
            let scope = given.scope.as_deref().unwrap_or(&subscription);
            world.assign_role(&rights.principal_id, &given.role, scope, delay);
        }
        Ok(())
    }

    fn knows_roles(&self, rights: &PrincipalRights) -> Result<(), String> {
        let world = self.world();
        let unknown = rights.roles.iter().find(|given| world.rights.role(&given.role).is_none());
        unknown.map_or(Ok(()), |given| Err(format!("there is no role '{}'", given.role)))
    }
}

impl Settings {
    /// The switches with one of them set, by its name.
    ///
    /// # Errors
    /// There is no such switch, or it cannot have that value.
    pub fn with(&self, name: &str, value: serde_json::Value) -> Result<Self, String> {
        let mut all = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let Some(known) = all.get_mut(name) else {
            let names = all.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>().join(", "));
            return Err(format!("there is no switch '{name}'; there are {}", names.unwrap_or_default()));
        };
        *known = value;
        serde_json::from_value(all).map_err(|error| format!("the switch '{name}': {error}"))
    }
}
