//! What `export` takes.

use clap::{Subcommand, ValueEnum};

/// What `export` prints.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ExportCommand {
    /// A Logic App: needs no container and no image, and can do less than lockstep itself
    LogicApp {
        /// The portal's form for the template instead (createUiDefinition)
        #[arg(long)]
        form: bool,
    },
    /// A Container Apps job: one pass on a schedule, with the ledger in a storage account of its own
    ContainerJob {
        /// The portal's form for the template instead (createUiDefinition)
        #[arg(long)]
        form: bool,
    },
    /// A Container App that is always on, with the ledger in a storage account of its own
    ContainerApp {
        /// The portal's form for the template instead (createUiDefinition)
        #[arg(long)]
        form: bool,
    },
    /// The rights alone, to look and to write incidents, for homes outside of Azure
    Roles {
        /// Where they are given
        #[arg(long, value_name = "SCOPE")]
        at: RolesAt,
    },
    /// The right to change alerts, which no other template gives
    AlertWriter,
    /// A subscription's delegation to an identity of another tenant, with built-in roles
    Delegation,
}

/// Where rights are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RolesAt {
    /// At the workspace: to read it and, where asked for, to write incidents
    Workspace,
    /// In a subscription: to read alerts
    Subscription,
    /// In every subscription of a management group: to read alerts
    ManagementGroup,
}
