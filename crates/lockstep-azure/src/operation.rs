//! What can be asked of the cloud, of which side, and with which right. One list of like things.

use std::fmt;

/// Something that is asked of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Run the pass's query over the workspace's tables.
    Query,
    /// Read one incident.
    ReadIncident,
    /// Write one incident.
    WriteIncident,
    /// List the tasks of one incident.
    ListTasks,
    /// Read one alert.
    ReadAlert,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] =
        &[Self::Query, Self::ReadIncident, Self::WriteIncident, Self::ListTasks, Self::ReadAlert];

    /// Who is asked.
    pub fn side(self) -> Side {
        match self {
            Self::Query => Side::LogAnalytics,
            Self::ReadIncident | Self::WriteIncident | Self::ListTasks => Side::Sentinel,
            Self::ReadAlert => Side::Defender,
        }
    }

    /// The action that the caller's role must hold.
    ///
    /// Source: Azure permissions for Security and for Monitor, <https://learn.microsoft.com/azure/role-based-access-control/permissions/security>.
    /// The query needs the action of each table that it reads, too.
    pub fn action(self) -> &'static str {
        match self {
            Self::Query => "Microsoft.OperationalInsights/workspaces/query/read",
            Self::ReadIncident => "Microsoft.SecurityInsights/incidents/read",
            Self::WriteIncident => "Microsoft.SecurityInsights/incidents/write",
            Self::ListTasks => "Microsoft.SecurityInsights/incidents/tasks/read",
            Self::ReadAlert => "Microsoft.Security/locations/alerts/read",
        }
    }

    /// Whether something may have changed once it was asked.
    pub fn is_write(self) -> bool {
        matches!(self, Self::WriteIncident)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "querying the workspace",
            Self::ReadIncident => "reading an incident",
            Self::WriteIncident => "writing an incident",
            Self::ListTasks => "listing an incident's tasks",
            Self::ReadAlert => "reading an alert",
        })
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Microsoft Entra, which gives out tokens.
    Entra,
    /// The endpoint on this host that gives out a managed identity's tokens.
    ManagedIdentity,
    /// The Azure CLI on this host.
    AzureCli,
    /// Azure Monitor Logs, which answers queries over the workspace's tables.
    LogAnalytics,
    /// Microsoft Sentinel, through Azure Resource Manager.
    Sentinel,
    /// Microsoft Defender for Cloud, through Azure Resource Manager.
    Defender,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entra => "Microsoft Entra",
            Self::ManagedIdentity => "the managed identity endpoint",
            Self::AzureCli => "the Azure CLI",
            Self::LogAnalytics => "Log Analytics",
            Self::Sentinel => "Microsoft Sentinel",
            Self::Defender => "Microsoft Defender for Cloud",
        })
    }
}
